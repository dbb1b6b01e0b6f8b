package pulls

import "testing"

// TestAssignsLong holds the quick test against the form that it spares: no line that the form matches may fail it.
func TestAssignsLong(t *testing.T) {
	t.Parallel()
	i := len(secretRules) - 1
	form := secretRules[i].form
	if secretRules[i].rule != "secret/assignment" {
		t.Fatalf("the last rule is %s", secretRules[i].rule)
	}
	value := "R4nd0mZ8qLk2" + "Wm5Xc7Vb9Tn3+/_.=-"
	matched := 0
	for _, name := range []string{"password", `"api_key"`, "'Token'", "SECRETS", "x.accessKey"} {
		for _, op := range []string{"=", ":", ":=", "=>", " = ", "\t:\t", "  =>  ", "", "("} {
			for _, quote := range []string{`"`, "'", "`", ""} {
				for _, v := range []string{value, value[:19], value + value, "not a value with spaces in it"} {
					line := "say \"hi\" " + name + op + quote + v + quote
					if form.MatchString(line) {
						matched++
						if !assignsLong(line) {
							t.Errorf("%s is a credential that the quick test misses", line)
						}
					}
				}
			}
		}
	}
	if matched < 100 {
		t.Errorf("only %d lines match", matched)
	}
	for _, line := range []string{`import "github.com/octo/widgets/pkg/store"`, `token := call("short")`, `call("R4nd0mZ8qLk2Wm5Xc7Vb9Tn3")`, ""} {
		if assignsLong(line) {
			t.Errorf("%s passes", line)
		}
	}
}
