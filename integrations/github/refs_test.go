package github

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"shipmate/bot"
)

func TestFind(t *testing.T) {
	t.Parallel()
	one := Refs{Repos: []string{"octo/widgets"}, Hosts: []string{"github.com", "www.github.com"}}
	many := Refs{Default: "octo/widgets", Repos: []string{"octo/widgets", "octo/Gears", "acme/gears"}, Hosts: []string{"ghe.example.com:8443"}}
	ref := func(repo string, n int) Ref { return Ref{"octo", repo, n} }
	tests := []struct {
		refs Refs
		text string
		want Ref
		rest string
	}{
		{one, "#123", ref("widgets", 123), ""},
		{one, "123", ref("widgets", 123), ""},
		{one, " 123. ", ref("widgets", 123), ""},
		{one, "123 parser.go", ref("widgets", 123), "parser.go"},
		{one, "PR 123", ref("widgets", 123), ""},
		{one, "what changed in pr 123?", ref("widgets", 123), "what changed in"},
		{one, "pull request #123 please", ref("widgets", 123), "please"},
		{one, "the Pull Request 7, please", ref("widgets", 7), "the please"},
		{one, "octo/widgets#42", ref("widgets", 42), ""},
		{one, "OCTO/Widgets#42", ref("widgets", 42), ""},
		{one, "widgets#42: why?", ref("widgets", 42), "why?"},
		{one, "(see #9)", ref("widgets", 9), "(see"},
		{one, "`#9`", ref("widgets", 9), ""},
		{one, "#9's files", ref("widgets", 9), "files"},
		{one, "“#9”", ref("widgets", 9), ""},
		{one, "risk of the 3 last changes in #9", ref("widgets", 9), "risk of the 3 last changes in"},
		{one, "#1 #2", ref("widgets", 1), "#2"},
		{one, "#2147483647", ref("widgets", 2147483647), ""},
		{one, "https://github.com/octo/widgets/pull/42", ref("widgets", 42), ""},
		{one, "<https://github.com/octo/widgets/pull/42>", ref("widgets", 42), ""},
		{one, "look at https://github.com/octo/widgets/pull/42/files?w=1#diff-12, please", ref("widgets", 42), "look at please"},
		{one, "HTTPS://GitHub.com/octo/widgets/pull/42", ref("widgets", 42), ""},
		{one, "www.github.com/octo/widgets/pull/42.", ref("widgets", 42), ""},
		{one, "see https://example.com/blog and #5", ref("widgets", 5), "see https://example.com/blog and"},
		{many, "5", ref("widgets", 5), ""},
		{many, "octo/gears#5", ref("Gears", 5), ""},
		{many, "https://ghe.example.com:8443/octo/gears/pull/5", ref("Gears", 5), ""},
		{Refs{}, "any/thing#5", Ref{"any", "thing", 5}, ""},
	}
	for _, tt := range tests {
		got, rest, found, err := tt.refs.Find(tt.text)
		if err != nil || !found || got != tt.want || rest != tt.rest {
			t.Errorf("Find(%q) = %v, %q, %v, %v; want %v, %q", tt.text, got, rest, found, err, tt.want, tt.rest)
		}
	}
}

func TestFindNothing(t *testing.T) {
	t.Parallel()
	r := Refs{Repos: []string{"octo/widgets"}, Hosts: []string{"github.com"}}
	for _, text := range []string{
		"", "  ", "files", "the last 3 changes", "#eng", "#12abc", "C# 12", "v1.2.3", "see https://example.com/blog", "color #fff", "1,2,3 go",
		"-12", "ftp://github.com/octo/widgets/pull/42", "github.community/octo/widgets/pull/4",
	} {
		if ref, rest, found, err := r.Find(text); found || err != nil || rest != strings.TrimSpace(text) {
			t.Errorf("Find(%q) = %v, %q, %v, %v; want nothing", text, ref, rest, found, err)
		}
	}
}

// What looks like a pull request and cannot be read gets a sentence; a host is compared as a whole.
func TestFindRefuses(t *testing.T) {
	t.Parallel()
	one := Refs{Repos: []string{"octo/widgets"}, Hosts: []string{"github.com"}}
	many := Refs{Repos: []string{"octo/widgets", "octo/gears", "acme/gears"}, Hosts: []string{"github.com"}}
	tests := []struct {
		refs       Refs
		text, want string
	}{
		{one, "#0", "#0 is no pull request's number."},
		{one, "#2147483648", "#2147483648 is no pull request's number."},
		{one, "99999999999999999999", "is no pull request's number."},
		{one, "other/repo#1", "I do not read other/repo. I read octo/widgets."},
		{one, "gadgets#1", "I know no repository gadgets."},
		{one, "https://github.com/other/repo/pull/1", "I do not read other/repo."},
		{one, "https://github.com.attacker.tld/octo/widgets/pull/1", "not on github.com.attacker.tld."},
		{one, "https://github.com@attacker.tld/octo/widgets/pull/1", "not on attacker.tld."},
		{one, "https://me:pw@github.com/octo/widgets/pull/1", "on github.com only"},
		{one, "https://github.com:8443/octo/widgets/pull/1", "not on github.com:8443."},
		{one, "https://api.github.com/octo/widgets/pull/1", "not on api.github.com."},
		{one, "https://gitlab.com/octo/widgets/pull/1 #2", "not on gitlab.com."},
		{one, "https://github.com/octo/widgets/issues/1", "not the address of a pull request"},
		{one, "https://github.com/octo/widgets", "not the address of a pull request"},
		{one, "https://example.com/blog", "not on example.com."},
		{one, "./..#1", "is no repository's name."},
		{many, "#1", "Which repository? Write octo/widgets#1, for example."},
		{many, "gears#1", "Which one do you mean: octo/gears#1 or acme/gears#1?"},
		{Refs{}, "#1", "Which repository? Write owner/name#1."},
	}
	for _, tt := range tests {
		_, _, found, err := tt.refs.Find(tt.text)
		if e, ok := errors.AsType[*bot.UserError](err); found || !ok || !strings.Contains(e.Text, tt.want) {
			t.Errorf("Find(%q) found %v, error %v; want a sentence with %q", tt.text, found, err, tt.want)
		}
	}
}

func FuzzRef(f *testing.F) {
	for _, s := range []string{"#1", "PR 12, please", "octo/widgets#7", "https://github.com/octo/widgets/pull/3", "widgets#9's", "((#4))", "\x00#1\u202e"} {
		f.Add(s)
	}
	r := Refs{Repos: []string{"octo/widgets", "acme/gears"}, Hosts: []string{"github.com"}}
	f.Fuzz(func(t *testing.T, text string) {
		ref, rest, found, err := r.Find(text)
		if err != nil {
			if _, ok := errors.AsType[*bot.UserError](err); !ok || found {
				t.Fatalf("Find(%q) = found %v, %v; want a UserError alone", text, found, err)
			}
			return
		}
		if len(rest) > len(text) {
			t.Fatalf("Find(%q) leaves more than there was: %q", text, rest)
		}
		if !found {
			return
		}
		if ref.Number < 1 || ref.Owner+"/"+ref.Repo != "octo/widgets" && ref.Owner+"/"+ref.Repo != "acme/gears" {
			t.Fatalf("Find(%q) = %v, which is not readable", text, ref)
		}
		again, rest, found, err := r.Find(ref.String())
		if again != ref || rest != "" || !found || err != nil {
			t.Fatalf("Find(%q) = %v, %q, %v, %v; want the same", ref, again, rest, found, err)
		}
	})
}

func ExampleRefs_Find() {
	refs := Refs{Repos: []string{"octo/widgets", "octo/gears"}, Default: "octo/widgets", Hosts: []string{"github.com"}}
	for _, text := range []string{
		"PR 12", "gears#7 parser.go", "see https://github.com/octo/widgets/pull/3/files, please", "https://github.com.evil.example/octo/widgets/pull/3",
	} {
		ref, rest, _, err := refs.Find(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s %q\n", ref, rest)
	}
	// Output:
	// octo/widgets#12 ""
	// octo/gears#7 "parser.go"
	// octo/widgets#3 "see please"
	// I read pull requests on github.com only, not on github.com.evil.example.
}

// The longest message that Slack takes is read in one go. Reading it anew for each of its words would take minutes.
func TestFindInALongText(t *testing.T) {
	t.Parallel()
	refs := Refs{Repos: []string{"octo/widgets"}}
	long := strings.Repeat("x ", 19_990)
	if _, rest, found, err := refs.Find(long); found || err != nil || rest != strings.TrimSpace(long) {
		t.Errorf("without a reference: found %t, %v", found, err)
	}
	ref, rest, found, err := refs.Find(long + "pull  request 12, please")
	if want := (Ref{"octo", "widgets", 12}); ref != want || !found || err != nil || rest != strings.TrimSpace(long)+" please" {
		t.Errorf("with a reference at the end: got %v, found %t, %v", ref, found, err)
	}
}
