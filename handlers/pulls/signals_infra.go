package pulls

import (
	"regexp"
	"slices"
	"strings"
)

var exposurePatterns = []pattern{
	{"infra/privileged", []string{"privileged"}, regexp.MustCompile(`\bprivileged["']?\s*[:=]\s*["']?true\b|\s--privileged\b`), nil, "runs a container with all rights"},
	{"infra/escalation", []string{"allowPrivilegeEscalation", "allow_privilege_escalation"}, regexp.MustCompile(`\ballow_?[pP]rivilege_?[eE]scalation["']?\s*[:=]\s*["']?true\b`), nil, "lets a container gain rights"},
	{"infra/root", []string{"runAsUser", "runAsNonRoot"}, regexp.MustCompile(`\brunAsUser:\s*0\s*$|\brunAsNonRoot:\s*false\b`), nil, "runs a container as root"},
	{"infra/host", []string{"host"}, regexp.MustCompile(`\bhost(?:Network|PID|IPC)["']?\s*[:=]\s*["']?true\b|\bnetwork_mode:\s*["']?host\b|^\s*pid:\s*["']?host\b|\s--net(?:work)?[= ]host\b`), nil, "gives a container the machine's network or processes"},
	{"infra/docker-socket", []string{"docker.sock"}, regexp.MustCompile(`/var/run/docker\.sock`), nil, "gives a container the machine's Docker"},
	{"infra/capability", []string{"SYS_ADMIN", "ALL"}, regexp.MustCompile(`^\s*-\s*["']?(?:CAP_)?(?:SYS_ADMIN|SYS_PTRACE|SYS_MODULE)["']?\s*$|\s--cap-add[= ](?:ALL|SYS_ADMIN)\b|\badd:\s*\[[^\]]*(?:ALL|SYS_ADMIN)`), nil, "gives a container the machine's rights"},
	{"infra/open-network", []string{"0.0.0.0/0", "::/0", "0.0.0.0"},
		regexp.MustCompile(`\b(?:cidr_blocks|ipv6_cidr_blocks|cidr_ipv4|cidr_ipv6|source_ranges|source_address_prefix(?:es)?|authorized_networks|CidrIp(?:v6)?)["']?\s*[:=]\s*\[?\s*["']?(?:0\.0\.0\.0/0|::/0)|\bloadBalancerSourceRanges:.*0\.0\.0\.0/0`), nil, "opens a network to everybody"},
	{"infra/public-storage", []string{"public", "allUsers", "allAuthenticatedUsers", "PublicRead", "lock_public"},
		regexp.MustCompile(`\bacl["']?\s*[:=]\s*["']public-read|\bAccessControl:\s*Public\w+|\b(?:block_public_\w+|ignore_public_acls|restrict_public_buckets)\s*=\s*false|\b[bB]lockPublic\w+["']?:\s*false|["'](?:allUsers|allAuthenticatedUsers)["']|\bcontainer_access_type\s*=\s*"(?:blob|container)"|\ballow_(?:nested_items_to_be_public|blob_public_access)\s*=\s*true`), nil, "opens storage to everybody"},
	{"infra/public-database", []string{"ublicly_accessible", "ubliclyAccessible"}, regexp.MustCompile(`\b[pP]ublicly_?[aA]ccessible["']?\s*[:=]\s*["']?true`), nil, "opens a database to everybody"},
	{"infra/wildcard", []string{"*"}, regexp.MustCompile(`^\s*["']?Principal["']?\s*[:=]\s*["']\*["']|^\s*(?:["']Action["']|actions)\s*[:=]\s*\[?\s*["']\*["']`), nil, "gives everybody, or every right, access"},
}

// infraExposure finds containers with the machine's rights, and networks, storage and databases that everybody can reach. What a network lets
// out is no exposure.
func infraExposure(in *inspection) Reason {
	files := map[string]*file{}
	for _, f := range in.files {
		files[f.Path] = f
	}
	places, _ := search(in.files, exposurePatterns, func(f *file) bool { return f.class == ClassInfra && !sample(f.Path) })
	places = slices.DeleteFunc(places, func(e Evidence) bool { return e.Rule == "infra/open-network" && files[e.File].outgoing(e.Line) })
	if len(places) == 0 {
		return Reason{}
	}
	i := slices.IndexFunc(exposurePatterns, func(p pattern) bool { return p.rule == places[0].Rule })
	return Reason{Points: in.w.InfraExposure, Text: exposurePatterns[i].meaning, Evidence: places}
}

var direction = regexp.MustCompile(`(?i)ingress|egress`)

// outgoing reports whether a line of the new file is in a rule for what goes out: the last word about it that the patch shows before the line,
// in the rule or in what git shows of the declaration.
func (f *file) outgoing(number int) bool {
	for _, h := range f.hunks {
		out, here := false, false
		look := func(text string) {
			if m := direction.FindString(text); m != "" {
				out = strings.EqualFold(m, "egress")
			}
		}
		look(h.section)
		for _, l := range h.lines {
			if l.op == '-' || l.new > number {
				continue
			}
			look(l.text)
			here = here || l.new == number
		}
		if here {
			return out
		}
	}
	return false
}

// An actionUse is one line of a pipeline that runs an action.
type actionUse struct {
	name, ref string
	at        Evidence
}

// actionLine matches the use of an action, or of another repository's workflow, and what it is pinned by.
var actionLine = regexp.MustCompile(`^\s*(?:-\s+)?uses:\s*["']?([\w.-]+/[\w.-]+(?:/[\w./-]+)?)@([\w./-]+)`)

// unpinnedActions finds actions of others that a pipeline begins to run by a tag or a branch: whoever owns them can change what runs. The next
// version by tag of what was run by tag before is none, and neither are GitHub's own and the repository owner's.
func unpinnedActions(in *inspection) Reason {
	var now []actionUse
	before := map[string]bool{} // those that were run by a tag or branch already
	for _, f := range in.files {
		if f.class != ClassCI {
			continue
		}
		for _, h := range f.hunks {
			for _, l := range h.lines {
				u, ok := actionOn(l.text)
				switch {
				case !ok || in.trusted(u.name):
				case l.op != '+':
					before[u.name] = true
				default:
					u.at = Evidence{Rule: "ci/unpinned-action", File: f.Path, Line: l.new}
					now = append(now, u)
				}
			}
		}
	}
	now = slices.DeleteFunc(now, func(u actionUse) bool { return before[u.name] })
	if len(now) == 0 {
		return Reason{}
	}
	r := Reason{Points: in.w.UnpinnedAction}
	var names []string
	for _, u := range now {
		r.Evidence = append(r.Evidence, u.at)
		if name := shownVersion(u.name + "@" + u.ref); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	r.Text = "runs " + few(names, 2) + " in CI, not pinned to a commit"
	return r
}

// actionOn reads the use of an action that is not pinned to a commit.
func actionOn(text string) (u actionUse, ok bool) {
	if len(text) > 500 || !strings.Contains(text, "uses:") {
		return u, false
	}
	m := actionLine.FindStringSubmatch(text)
	if m == nil || wholeCommit.MatchString(m[2]) {
		return u, false
	}
	return actionUse{name: m[1], ref: m[2]}, true
}

// trusted reports whether an action belongs to GitHub or to the repository's own owner.
func (v *view) trusted(name string) bool {
	owner, _, _ := strings.Cut(name, "/")
	return owner == "actions" || owner == "github" || strings.EqualFold(owner, v.Owner)
}

// unlimited finds workflows that lose their permissions: what they may then do is up to the repository's settings.
func (v *view) unlimited() []Evidence {
	var places []Evidence
	for _, f := range v.files {
		if f.class != ClassCI || f.Status == "removed" {
			continue
		}
		kept, at := false, 0
		f.newSide(func(l line) { kept = kept || permissionsLine.MatchString(l.text) })
		f.removed(func(l line) {
			if at == 0 && permissionsLine.MatchString(l.text) {
				at = l.old
			}
		})
		if at > 0 && !kept {
			places = append(places, Evidence{Rule: "ci/no-permissions", File: f.Path, Line: at, Removed: true})
		}
	}
	return places
}

var permissionsLine = regexp.MustCompile(`^\s*permissions:`)
