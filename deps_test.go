package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// importRules says, for each part of the tree, which packages of the module and which modules its code may import besides the standard
// library. The longest matching path counts; tests are free. A package that no rule covers fails the test.
var importRules = map[string][]string{
	"bot":                   {},
	"bot/day":               {},
	"bot/bottest":           {"shipmate/bot"}, // imported by tests only
	"state":                 {"go.etcd.io/bbolt"},
	"state/audit":           {},
	"state/segments":        {},
	"state/statetest":       {"shipmate/state", "github.com/anishathalye/porcupine"}, // imported by tests only
	"integrations/slack":    {"shipmate/bot", "github.com/slack-go/slack", "github.com/gorilla/websocket"},
	"integrations/github":   {"shipmate/bot", "github.com/google/go-github", "github.com/yuin/goldmark"},
	"integrations/schedule": {"shipmate/bot", "github.com/robfig/cron"},
	"integrations/focus":    {"shipmate/bot", "github.com/parquet-go/parquet-go"},
	"integrations/awscost":  {"shipmate/bot", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"},
	"integrations/plot":     {"shipmate/bot", "gonum.org/v1/plot", "github.com/go-analyze/charts"},
	"handlers/costs": {
		"shipmate/bot", "shipmate/integrations/focus", "shipmate/integrations/awscost", "shipmate/integrations/github",
		"shipmate/handlers/costs/detect", "shipmate/handlers/costs/ledger", "shipmate/handlers/costs/attribute", "github.com/hmarr/codeowners",
	},
	"handlers/costs/detect":    {"shipmate/bot/day"},
	"handlers/costs/ledger":    {"shipmate/bot/day", "shipmate/integrations/focus"},
	"handlers/costs/attribute": {"shipmate/bot/day", "shipmate/handlers/costs/ledger"},
	"handlers/costs/score":     {"shipmate/bot/day"},
	"handlers/pulls": {
		"shipmate/bot", "shipmate/integrations/github",
		"github.com/bluekeyes/go-gitdiff", "github.com/hmarr/codeowners", "github.com/bmatcuk/doublestar", "github.com/goccy/go-yaml", "golang.org/x/mod",
	},
	"sandbox":             {"shipmate/sandbox/slack", "shipmate/sandbox/github", "shipmate/sandbox/page"},
	"sandbox/billsim":     {},
	"sandbox/aws":         {},
	"sandbox/slack":       {"github.com/gorilla/websocket"},
	"sandbox/github":      {},
	"sandbox/page":        {},
	"sandbox/openapitest": {"github.com/getkin/kin-openapi"}, // imported by tests only, like the next
	"sandbox/browsertest": {"github.com/chromedp", "golang.org/x/exp"},
	"bench/bolt":          {}, // tests only
}

// testOnly are packages and modules that only tests may import.
var testOnly = []string{"shipmate/bot/bottest", "shipmate/state/statetest", "github.com/anishathalye/porcupine", "shipmate/sandbox/openapitest", "shipmate/sandbox/browsertest", "github.com/getkin/kin-openapi", "github.com/chromedp",
	"github.com/sourcegraph/go-diff", "github.com/hairyhenderson/go-codeowners", "golang.org/x/exp"}

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func TestImportRules(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		checkImports(t, p)
	}
}

func checkImports(t *testing.T, p goPackage) {
	t.Helper()
	name, inside := strings.CutPrefix(p.ImportPath, "shipmate/")
	allowed, known := importRules[name]
	if inside && !known {
		t.Errorf("%s has no import rule: add one to importRules", p.ImportPath)
		return
	}
	for _, imp := range p.Imports {
		if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") && first != "shipmate" {
			continue // the standard library
		}
		under := func(prefix string) bool { return imp == prefix || strings.HasPrefix(imp, prefix+"/") }
		if !slices.Contains(testOnly, p.ImportPath) && slices.ContainsFunc(testOnly, under) {
			t.Errorf("%s imports %s, which only tests may", p.ImportPath, imp)
		}
		if inside && !slices.ContainsFunc(allowed, under) {
			t.Errorf("%s may not import %s", p.ImportPath, imp)
		}
	}
}
