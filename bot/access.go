package bot

import (
	"context"
	"fmt"
)

// Role is what a person may do. Each role includes the ones below it.
type Role int

// The roles, from none to all. The zero Role may do nothing: whatever is unsure about permission is a no.
const (
	Nobody   Role = iota
	Viewer        // may ask what the bot can see
	Operator      // may have the bot act
	Admin         // may change how the bot works
)

// String returns the role's name in lower case.
func (r Role) String() string {
	switch r {
	case Viewer:
		return "viewer"
	case Operator:
		return "operator"
	case Admin:
		return "admin"
	}
	return "nobody"
}

// ParseRole is the inverse of Role.String for the three roles that can be given to somebody.
func ParseRole(s string) (Role, error) {
	for _, r := range []Role{Viewer, Operator, Admin} {
		if r.String() == s {
			return r, nil
		}
	}
	return Nobody, fmt.Errorf("%q is no role: viewer, operator or admin", s)
}

// Access tells what role the asker of a request has on its surface. An error means that it could not be found out, which is a no; its
// text is logged, not shown.
type Access func(ctx context.Context, r Request) (Role, error)
