package github

import "testing"

func TestLoginOf(t *testing.T) {
	for _, test := range []struct{ name, email, want string }{
		{"Grace Hopper", "1906+grace@users.noreply.github.com", "grace"},
		{"Grace Hopper", "grace@users.noreply.github.com", "grace"},
		{"dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", "dependabot[bot]"},
		{"Grace B. Hopper", "grace@example.com", "grace-b-hopper"},
		{"renovate[bot]", "bot@renovateapp.com", "renovate[bot]"},
		{"someone@example.com", "someone@example.com", "someone"},
		{"<script>", "x", "script"},
		{"  --  ", "", "user-" + itoa(hashID("  --  "))},
		{"山田太郎", "y@example.com", "user-" + itoa(hashID("山田太郎"))},
		{"A very long name that goes on and on and on and on", "", "a-very-long-name-that-goes-on-and-on-an"},
		{"x", "../../etc@users.noreply.github.com", "x"},
	} {
		got := loginOf(signature{name: test.name, email: test.email})
		if got != test.want || !validLogin.MatchString(got) {
			t.Errorf("loginOf(%q <%s>) = %q, want %q", test.name, test.email, got, test.want)
		}
	}
}

func TestDirectoryHidesAddresses(t *testing.T) {
	d := newDirectory()
	login := d.author(signature{name: "me@example.com", email: "me@example.com"})
	if p := d.get(login); p.login != "me" || p.name != "me" || p.permission != permissionRead {
		t.Errorf("account %+v, want me, without an address, with read", p)
	}
	if login := d.author(signature{name: "Ada"}); d.get(login).permission != permissionAdmin {
		t.Error("the seeded ada lost her permission")
	}
	if p := d.get("stranger"); p.permission != permissionNone {
		t.Errorf("a stranger has %s", p.permission)
	}
}

func TestParseSignature(t *testing.T) {
	for text, want := range map[string]signature{
		"A B <a@b> 1714550400 +0200": {"A B", "a@b", parseSeconds("1714550400")},
		"A <B> <a@b> 5 +0000":        {"A", "B> <a@b", parseSeconds("5")},
		"<> 99999999999999 +0000":    {"", "", parseSeconds("0")},
		"no address":                 {name: "no address"},
	} {
		if got := parseSignature(text); got != want {
			t.Errorf("parseSignature(%q) = %+v, want %+v", text, got, want)
		}
	}
}
