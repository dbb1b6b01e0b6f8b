package costs

import "testing"

func TestFirstOwner(t *testing.T) {
	t.Parallel()
	const file = "# who owns what\n*            @octo/everybody\n/infra/      @octo/team-net @ada\ndocs/ @octo/docs\n[bad \n/apps/web/   ops@example.com\n/infra/free/\n"
	for _, test := range []struct {
		paths []string
		want  string
	}{
		{[]string{"infra/vpc/nat.tf"}, "@octo/team-net"},
		{[]string{"README.md", "apps/web/main.go"}, "ops@example.com"},
		{[]string{"README.md"}, ""},
		{[]string{"infra/free/x.tf"}, ""},
		{infraPlaces, "@octo/team-net"},
		{nil, ""},
	} {
		if got := firstOwner(file, test.paths); got != test.want {
			t.Errorf("%q: %q, want %q", test.paths, got, test.want)
		}
	}
	if got := firstOwner("", infraPlaces); got != "" {
		t.Errorf("nobody owns anything, and yet %q", got)
	}
}
