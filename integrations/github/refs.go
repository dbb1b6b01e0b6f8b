package github

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shipmate/bot"
)

// Refs finds the pull requests that people name in text. It does no input or output, and is safe to copy.
type Refs struct {
	Default string   // "owner/name" that a number alone means; "" means the only one of Repos, and nothing when there are several
	Repos   []string // "owner/name" that may be named; none means any
	Hosts   []string // hosts of addresses, such as "github.com", compared exactly; with the port if it has one
}

// Refs returns how people name pull requests of this client's repositories.
func (c *Client) Refs() Refs {
	r := Refs{Repos: c.repos, Hosts: []string{c.host}}
	if c.host == "github.com" {
		r.Hosts = append(r.Hosts, "www.github.com")
	}
	return r
}

var (
	bareNumber = regexp.MustCompile(`^\d+$`)
	numbered   = regexp.MustCompile(`^((?:[A-Za-z0-9_.-]+/)?[A-Za-z0-9_.-]+)?#(\d+)$`)
	pullPath   = regexp.MustCompile(`^/([^/]+)/([^/]+)/(pull|pulls|issues)/(\d+)(?:/.*)?$`)
	pullWord   = regexp.MustCompile(`(?i)(?:^|\s)(?:pr|mr|pull|pull\s+request)\s+$`)
)

const (
	before = "(<[{\"'`*“‘«"        // may stand before a reference without being part of it
	behind = ")>]}\"'`*”’».,;:!?…" // may stand behind one
)

// Find finds the first pull request named in text: "#12", "PR 12", "owner/name#12", "name#12", or the address of its page on one of the
// hosts. A number alone counts at the beginning or behind "PR" or "pull request" only. rest is the text without it, white space at the
// ends trimmed. When something looks like the name of a pull request and is none that can be read, err is a *bot.UserError that says why.
func (r Refs) Find(text string) (ref Ref, rest string, found bool, err error) {
	all, only := words(text), strings.TrimSpace(text)
	for i, w := range all {
		word := text[w.start:w.end]
		near := 0 // where the two words before begin: looking at everything before takes minutes for a long text
		if i > 2 {
			near = all[i-2].outer
		}
		lead := pullWord.FindStringIndex(text[near:w.outer])
		if bareNumber.MatchString(word) {
			if i > 0 && lead == nil {
				continue // a number in the middle of a sentence
			}
			word = "#" + word
		}
		ref, ok, err := r.parse(word, only == word)
		if err != nil {
			return Ref{}, text, false, err
		}
		if !ok {
			continue
		}
		start := w.outer
		if lead != nil {
			start = near + lead[0]
		}
		left, right := strings.TrimSpace(text[:start]), strings.TrimSpace(text[w.outerEnd:])
		return ref, strings.TrimSpace(left + " " + right), true, nil
	}
	return Ref{}, only, false, nil
}

// A word is a piece of text between white space, with and without the punctuation around it.
type word struct{ outer, start, end, outerEnd int }

func words(text string) []word {
	var out []word
	at := 0
	for f := range strings.FieldsSeq(text) {
		outer := at + strings.Index(text[at:], f)
		at = outer + len(f)
		inner := strings.TrimLeft(f, before)
		start := outer + len(f) - len(inner)
		inner = strings.TrimRight(inner, behind)
		for _, genitive := range []string{"'s", "’s"} {
			inner = strings.TrimSuffix(inner, genitive)
		}
		if inner != "" {
			out = append(out, word{outer, start, start + len(inner), at})
		}
	}
	return out
}

// parse reads one word. alone says that there is nothing else in the text.
func (r Refs) parse(word string, alone bool) (Ref, bool, error) {
	if m := numbered.FindStringSubmatch(word); m != nil {
		name, err := r.repo(m[1], m[2])
		if err != nil {
			return Ref{}, false, err
		}
		ref, err := makeRef(name, m[2])
		return ref, err == nil, err
	}
	return r.parseURL(word, alone)
}

// repo finds the repository that a name means: all of it, its last part, or nothing. number is for the sentence to the person.
func (r Refs) repo(name, number string) (string, error) {
	switch {
	case name == "" && r.Default != "":
		name = r.Default
	case name == "" && len(r.Repos) == 1:
		return r.Repos[0], nil
	case name == "" && len(r.Repos) == 0:
		return "", &bot.UserError{Text: fmt.Sprintf("Which repository? Write owner/name#%s.", short(number))}
	case name == "":
		return "", &bot.UserError{Text: fmt.Sprintf("Which repository? Write %s#%s, for example.", r.Repos[0], short(number))}
	case !strings.Contains(name, "/"):
		return r.byLastPart(name, number)
	}
	if !validRepo(name) {
		return "", &bot.UserError{Text: fmt.Sprintf("%s is no repository's name.", short(name))}
	}
	if len(r.Repos) == 0 {
		return name, nil
	}
	for _, known := range r.Repos {
		if strings.EqualFold(known, name) {
			return known, nil
		}
	}
	return "", notConfigured(name, r.Repos)
}

func (r Refs) byLastPart(name, number string) (string, error) {
	var found []string
	for _, known := range append(slices.Clone(r.Repos), r.Default) {
		if _, last, ok := strings.Cut(known, "/"); ok && strings.EqualFold(last, name) && !slices.Contains(found, known) {
			found = append(found, known)
		}
	}
	switch len(found) {
	case 0:
		return "", &bot.UserError{Text: fmt.Sprintf("I know no repository %s. Write owner/name#%s.", short(name), short(number))}
	case 1:
		return found[0], nil
	}
	return "", &bot.UserError{Text: fmt.Sprintf("Which one do you mean: %s#%s?", strings.Join(found, "#"+short(number)+" or "), short(number))}
}

// parseURL reads the address of a pull request's page. Other addresses are nobody's business, unless they look as if they were one, or
// are all that was said.
func (r Refs) parseURL(word string, alone bool) (Ref, bool, error) {
	if !strings.Contains(word, "://") {
		host, _, slash := strings.Cut(word, "/")
		if !slash || !slices.Contains(r.Hosts, strings.ToLower(host)) {
			return Ref{}, false, nil
		}
		word = "https://" + word
	}
	u, err := url.Parse(word)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return Ref{}, false, nil
	}
	m := pullPath.FindStringSubmatch(u.Path)
	if m == nil && !alone {
		return Ref{}, false, nil
	}
	home := strings.Join(r.Hosts[:min(1, len(r.Hosts))], "")
	switch {
	case u.User != nil || !slices.Contains(r.Hosts, strings.ToLower(u.Host)):
		return Ref{}, false, &bot.UserError{Text: fmt.Sprintf("I read pull requests on %s only, not on %s.", home, short(u.Host))}
	case m == nil || m[3] == "issues":
		return Ref{}, false, &bot.UserError{Text: "That is not the address of a pull request. It looks like https://" + home + "/owner/name/pull/12."}
	}
	name, err := r.repo(m[1]+"/"+m[2], m[4])
	if err != nil {
		return Ref{}, false, err
	}
	ref, err := makeRef(name, m[4])
	return ref, err == nil, err
}

func makeRef(name, number string) (Ref, error) {
	n, err := strconv.ParseInt(number, 10, 32)
	if err != nil || n < 1 {
		return Ref{}, &bot.UserError{Text: fmt.Sprintf("#%s is no pull request's number.", short(number))}
	}
	owner, repo, _ := strings.Cut(name, "/")
	return Ref{Owner: owner, Repo: repo, Number: int(n)}, nil
}

// short makes a piece of somebody's text fit for a sentence.
func short(s string) string {
	const most = 60
	r := []rune(bot.CleanLine(s))
	if len(r) > most {
		r = append(r[:most], '…')
	}
	return string(r)
}
