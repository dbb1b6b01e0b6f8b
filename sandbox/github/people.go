package github

import (
	"hash/fnv"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// BotLogin is the login of the bot's account on the stand-in.
const BotLogin = "shipmate[bot]"

// adaLogin is the account of the person who sits in front of the web page.
const adaLogin = "ada"

// Levels of access to the repository, as GitHub's permission endpoint names them.
const (
	permissionAdmin = "admin"
	permissionWrite = "write"
	permissionRead  = "read"
	permissionNone  = "none"
)

// A person is an account.
type person struct {
	login       string
	name        string // what to call them; never an e-mail address
	bot         bool
	permission  string
	association string // author_association, which on GitHub says little about permission
}

// id is the account's number: a stable hash of its login.
func (p person) id() int64 { return hashID(strings.ToLower(p.login)) }

// kind is GitHub's account type.
func (p person) kind() string {
	if p.bot {
		return "Bot"
	}
	return "User"
}

// mayEdit reports whether p may change or delete other people's comments.
func (p person) mayEdit() bool {
	return p.permission == permissionAdmin || p.permission == permissionWrite
}

// hashID makes a positive number of a name.
func hashID(name string) int64 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int64(h.Sum32()&0x7fffffff) + 1
}

// A directory knows every account: the seeded ones, and everybody who was seen
// in the repository's history. It is safe for concurrent use.
type directory struct {
	mu     sync.RWMutex
	people map[string]person // by lower-case login
}

// newDirectory returns a directory of the seeded people. Their associations
// deliberately do not follow their permissions, as on GitHub.
func newDirectory() *directory {
	d := &directory{people: make(map[string]person)}
	for _, p := range []person{
		{login: adaLogin, name: "Ada", permission: permissionAdmin, association: "OWNER"},
		{login: "ben", name: "Ben", permission: permissionWrite, association: "CONTRIBUTOR"},
		{login: "chloe", name: "Chloe", permission: permissionRead, association: "MEMBER"},
		{login: "gus", name: "Gus", permission: permissionNone, association: "NONE"},
		{login: "mallory", name: "Mallory", permission: permissionNone, association: "NONE"},
		{login: BotLogin, name: "shipmate", bot: true, permission: permissionWrite, association: "NONE"},
	} {
		d.people[strings.ToLower(p.login)] = p
	}
	return d
}

// find returns the account with the given login, in any case of letters.
func (d *directory) find(login string) (person, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p, ok := d.people[strings.ToLower(login)]
	return p, ok
}

// get is find for a login that was handed out before; an unknown one gets an
// account without access.
func (d *directory) get(login string) person {
	if p, ok := d.find(login); ok {
		return p
	}
	return person{login: login, name: login, bot: isBotLogin(login), permission: permissionNone, association: "NONE"}
}

// add makes sure that login has an account, with access to read. name may be
// empty.
func (d *directory) add(login, name string) string {
	key := strings.ToLower(login)
	d.mu.RLock()
	known, ok := d.people[key]
	d.mu.RUnlock()
	if ok {
		return known.login
	}
	if name == "" || strings.Contains(name, "@") {
		name = login
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.people[key]; ok {
		return known.login
	}
	d.people[key] = person{login: login, name: name, bot: isBotLogin(login), permission: permissionRead, association: "CONTRIBUTOR"}
	return login
}

// author makes sure that who signed a commit has an account and returns its login.
func (d *directory) author(s signature) string { return d.add(loginOf(s), s.name) }

func isBotLogin(login string) bool { return strings.HasSuffix(login, "[bot]") }

var (
	// noreplyAddress is the address GitHub gives to people who hide theirs:
	// "login@users.noreply.github.com" or "1234+login@users.noreply.github.com".
	noreplyAddress = regexp.MustCompile(`^(?:[0-9]+\+)?([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\[bot\])?)@users\.noreply\.`)
	validLogin     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?$`)
)

// loginOf derives a login from a commit's signature: from a noreply address, else
// from the name.
func loginOf(s signature) string {
	if m := noreplyAddress.FindStringSubmatch(s.email); m != nil {
		return m[1]
	}
	return loginFromName(s.name)
}

// loginFromName turns "Grace B. Hopper" into "grace-b-hopper". A name without
// Latin letters or digits becomes "user-" and a number.
func loginFromName(name string) string {
	plain, bot := strings.CutSuffix(name, "[bot]")
	if at := strings.IndexByte(plain, '@'); at > 0 {
		plain = plain[:at]
	}
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(plain) {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(r)
		if b.Len() >= 39 { // GitHub's longest login
			break
		}
	}
	login := b.String()
	if login == "" {
		login = "user-" + itoa(hashID(name))
	}
	if bot {
		login += "[bot]"
	}
	return login
}
