package pulls

import (
	"errors"
	"fmt"
)

// Weights are the points that each signal adds to the risk of a pull request, from -10 to 10. Negative ones lower it, but not beside a danger
// such as a secret; 0 switches a signal off. The sum is clipped to 0 to 10.
//
// The defaults of size, cross_cutting, revert, skipped_tests, docs_only and the levels are set where six histories with 46,000 pull
// requests agree on what was reverted or mended later, fitted on the older 60 % of each; docs/benchmarks.md has the figures, also the bad
// ones. Signals that the histories were of two minds about, or that fire too rarely to learn from, are judgement, ordered by how hard the
// mistake is to notice and to undo: what leaves the building (a secret) or cannot be rolled back (dropped data) weighs most, and size alone
// never makes a pull request high. So are those that lines of code say nothing about, such as CI and dependencies, and a missing test: code
// without one is mended more often, but not reverted more often, and it is also more code than as many lines with a test.
type Weights struct {
	SizeS   int `yaml:"size_s"`   // 11 to 50 real lines, without those of mechanical changes
	SizeM   int `yaml:"size_m"`   // 51 to 250
	SizeL   int `yaml:"size_l"`   // 251 to 1,000
	SizeXL  int `yaml:"size_xl"`  // 1,001 to 3,000
	SizeXXL int `yaml:"size_xxl"` // more

	CrossCutting int `yaml:"cross_cutting"` // code in cross_cutting_from or more parts of the repository
	Breaking     int `yaml:"breaking"`      // the author declares a breaking change
	Revert       int `yaml:"revert"`        // takes back an earlier change
	Unread       int `yaml:"unread"`        // files that may matter were not read
	UnreadMost   int `yaml:"unread_most"`   // more than half of the changed lines were not read; takes the place of unread

	Migration      int `yaml:"migration"`       // changes a database schema
	DestructiveSQL int `yaml:"destructive_sql"` // deletes or locks data
	Infra          int `yaml:"infra"`           // deployment, containers, infrastructure
	CI             int `yaml:"ci"`              // build pipelines
	CIPrivilege    int `yaml:"ci_privilege"`    // gives a build pipeline more rights
	UnpinnedAction int `yaml:"unpinned_action"` // a build pipeline runs somebody else's action by a tag or branch, which can change
	InfraExposure  int `yaml:"infra_exposure"`  // containers with the machine's rights, networks and storage open to everybody
	NewEnv         int `yaml:"new_env"`         // a setting, port or feature flag that was not there

	SecurityPath int `yaml:"security_path"` // authentication, cryptography, sessions, payment
	SecurityCall int `yaml:"security_call"` // new calls that run commands or skip verification
	RemovedGuard int `yaml:"removed_guard"` // a permission check, a timeout, a lock and the like is gone
	Secret       int `yaml:"secret"`        // an added line holds what looks like a credential

	RemovedTests   int `yaml:"removed_tests"`   // tests are gone
	SkippedTests   int `yaml:"skipped_tests"`   // tests are switched off
	RemovedExports int `yaml:"removed_exports"` // exported Go declarations are gone or renamed
	UntestedM      int `yaml:"untested_m"`      // 51 to 250 lines of code, no test. Two of five code changes touch none: weak
	UntestedL      int `yaml:"untested_l"`      // more lines of code, no test

	MajorBump     int `yaml:"major_bump"` // a dependency's next major version; half for actions and tools of development
	NewDependency int `yaml:"new_dependency"`
	Downgrade     int `yaml:"downgrade"`
	Replace       int `yaml:"replace"` // a dependency is taken from elsewhere

	DependencySource    int `yaml:"dependency_source"`    // a lock file takes a package from another host, a repository or without encryption
	DependencyIntegrity int `yaml:"dependency_integrity"` // a lock file has another hash for the same version of a package

	DocsOnly     int `yaml:"docs_only"`
	TestsOnly    int `yaml:"tests_only"`
	CommentsOnly int `yaml:"comments_only"`
	RenameOnly   int `yaml:"rename_only"`
	BotPatchBump int `yaml:"bot_patch_bump"` // a program raises patch or minor versions and does nothing else

	CrossCuttingFrom int `yaml:"cross_cutting_from"` // parts of the repository
	Medium           int `yaml:"medium"`             // the least points for the level medium
	High             int `yaml:"high"`               // the least points for the level high
}

// DefaultWeights returns the weights that hold unless the configuration says otherwise.
func DefaultWeights() Weights {
	return Weights{
		SizeS: 1, SizeM: 2, SizeL: 3, SizeXL: 4, SizeXXL: 4,
		CrossCutting: 2, Breaking: 2, Revert: 3, Unread: 1, UnreadMost: 2,
		Migration: 2, DestructiveSQL: 4, Infra: 1, CI: 1, CIPrivilege: 3, UnpinnedAction: 1, InfraExposure: 2, NewEnv: 1,
		SecurityPath: 1, SecurityCall: 2, RemovedGuard: 2, Secret: 6,
		RemovedTests: 2, SkippedTests: 2, RemovedExports: 1, UntestedM: 1, UntestedL: 2,
		MajorBump: 2, NewDependency: 1, Downgrade: 2, Replace: 1,
		DependencySource: 2, DependencyIntegrity: 3,
		DocsOnly: -3, TestsOnly: -3, CommentsOnly: -2, RenameOnly: -2, BotPatchBump: -3,
		CrossCuttingFrom: 5, Medium: 4, High: 6,
	}
}

// Check returns what is wrong with the weights, nil when nothing is.
func (w Weights) Check() error {
	var errs []error
	for _, p := range []struct {
		name   string
		points int
	}{
		{"size_s", w.SizeS}, {"size_m", w.SizeM}, {"size_l", w.SizeL}, {"size_xl", w.SizeXL}, {"size_xxl", w.SizeXXL},
		{"cross_cutting", w.CrossCutting}, {"breaking", w.Breaking}, {"revert", w.Revert}, {"unread", w.Unread}, {"unread_most", w.UnreadMost},
		{"migration", w.Migration}, {"destructive_sql", w.DestructiveSQL}, {"infra", w.Infra}, {"ci", w.CI}, {"ci_privilege", w.CIPrivilege},
		{"unpinned_action", w.UnpinnedAction}, {"infra_exposure", w.InfraExposure}, {"new_env", w.NewEnv},
		{"security_path", w.SecurityPath}, {"security_call", w.SecurityCall}, {"removed_guard", w.RemovedGuard}, {"secret", w.Secret},
		{"removed_tests", w.RemovedTests}, {"skipped_tests", w.SkippedTests}, {"removed_exports", w.RemovedExports},
		{"untested_m", w.UntestedM}, {"untested_l", w.UntestedL},
		{"major_bump", w.MajorBump}, {"new_dependency", w.NewDependency}, {"downgrade", w.Downgrade}, {"replace", w.Replace},
		{"dependency_source", w.DependencySource}, {"dependency_integrity", w.DependencyIntegrity},
		{"docs_only", w.DocsOnly}, {"tests_only", w.TestsOnly}, {"comments_only", w.CommentsOnly}, {"rename_only", w.RenameOnly}, {"bot_patch_bump", w.BotPatchBump},
	} {
		if p.points < -10 || p.points > 10 {
			errs = append(errs, fmt.Errorf("%s is %d: points are from -10 to 10", p.name, p.points))
		}
	}
	if w.CrossCuttingFrom < 2 {
		errs = append(errs, fmt.Errorf("cross_cutting_from is %d: one component is not cross-cutting", w.CrossCuttingFrom))
	}
	if w.Medium < 1 || w.High <= w.Medium || w.High > 10 {
		errs = append(errs, fmt.Errorf("medium is %d and high is %d: they are from 1 to 10, medium below high", w.Medium, w.High))
	}
	return errors.Join(errs...)
}
