package attribute

import (
	"slices"
	"strings"
)

// nameWords are the words that a name is found by: the whole in a row, and with parts each that is long enough and says something.
func nameWords(name string, parts bool) (out []string) {
	line := strings.TrimSpace(textOf(name).line)
	if line == "" || line == "none" {
		return nil
	}
	out = append(out, line)
	if !parts {
		return out
	}
	for w := range strings.FieldsSeq(line) {
		if len(w) > 2 && !strings.Contains(empty, " "+w+" ") && !slices.Contains(out, w) && len(environments(w)) == 0 && w != "account" {
			out = append(out, w)
		}
	}
	return out
}

// environments are the words for the environments that are named in a text.
func environments(s string) (out []string) {
	t := textOf(s)
	for _, same := range [][]string{
		{"prod", "production", "prd", "live"}, {"staging", "stage", "stg", "preprod"}, {"dev", "development"}, {"test", "testing", "qa"}, {"sandbox"},
	} {
		if len(t.any(same)) > 0 {
			out = append(out, same...)
		}
	}
	return out
}

// tagWords are names of teams and the like: without an @ and an organization, each as a whole.
func tagWords(values []string) (out []string) {
	for _, v := range values {
		if i := strings.LastIndexByte(v, '/'); strings.HasPrefix(v, "@") && i >= 0 {
			v = v[i+1:]
		}
		for _, w := range nameWords(v, false) {
			if len(w) > 2 && len(environments(w)) == 0 {
				out = append(out, w)
			}
		}
	}
	return out
}
