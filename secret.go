package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// A Secret is a token that the configuration names and does not contain: "env:NAME" or "file:PATH". Printed in any way, it shows only that name.
type Secret struct {
	name  string
	value string
}

// UnmarshalYAML reads the name of the secret; resolve reads the secret.
func (s *Secret) UnmarshalYAML(unmarshal func(any) error) error { return unmarshal(&s.name) }

// String shows where the secret comes from, never the secret.
func (s Secret) String() string {
	if s.name == "" {
		return "not set"
	}
	return s.name
}

// GoString is String: %#v shows no secret either.
func (s Secret) GoString() string { return s.String() }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// resolve reads the secret. Relative paths are relative to dir.
func (s *Secret) resolve(dir string, getenv func(string) string) error {
	switch kind, where, _ := strings.Cut(s.name, ":"); {
	case s.name == "":
		return errors.New("is missing: write env:NAME or file:PATH")
	case kind == "env" && where != "":
		s.value = strings.TrimSpace(getenv(where))
		if s.value == "" {
			return fmt.Errorf("the environment variable %s is not set: export it, or name a file with file:PATH", where)
		}
	case kind == "file" && where != "":
		if !filepath.IsAbs(where) {
			where = filepath.Join(dir, where)
		}
		data, err := os.ReadFile(where)
		if err != nil {
			return fmt.Errorf("the token file cannot be read: %v", err)
		}
		if s.value = strings.TrimSpace(string(data)); s.value == "" {
			return fmt.Errorf("the token file %s is empty", where)
		}
	default:
		s.name = "" // it may be a token: it must not be printed
		return errors.New("must name where the token is, as env:NAME or file:PATH: a token itself does not belong in this file")
	}
	return nil
}
