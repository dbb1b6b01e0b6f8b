//go:build ignore

// This program packs GitHub's example payloads for the tests of the webhooks:
//
//	go run trim_webhooks.go index.json > webhooks.json.gz
//
// Its input is api.github.com/index.json of the npm package
// @octokit/webhooks-examples 7.6.1 (MIT, see LICENSE.octokit-webhooks). Every
// payload is kept whole; the descriptions of the events, and white space, are
// left out.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
)

// An event is one of GitHub's, with what it may bring.
type event struct {
	Name     string            `json:"name"`
	Examples []json.RawMessage `json:"examples"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("usage: go run trim_webhooks.go index.json > webhooks.json.gz")
	}
	raw, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	var events []event
	if err := json.Unmarshal(raw, &events); err != nil {
		return err
	}
	data, err := json.Marshal(events)
	if err != nil {
		return err
	}
	var short bytes.Buffer
	if err := json.Compact(&short, data); err != nil {
		return err
	}
	out, err := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := out.Write(short.Bytes()); err != nil {
		return err
	}
	return out.Close()
}
