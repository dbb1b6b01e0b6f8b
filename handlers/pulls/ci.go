package pulls

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"shipmate/bot"
)

const (
	maxShownChecks = 5  // failed checks that are shown with their causes
	maxNamedChecks = 10 // checks that are named in a line
)

// ChecksReply is the answer to "ci": why checks failed, and which are still running.
func ChecksReply(f Facts) bot.Reply {
	c := f.Checks
	r := f.reply(f.title() + ": " + c.verdict())
	for _, check := range c.Failing[:min(len(c.Failing), maxShownChecks)] {
		r.Blocks = append(r.Blocks, f.failedBlocks(check)...)
	}
	if rest := c.Failing[min(len(c.Failing), maxShownChecks):]; len(rest) > 0 {
		r.Blocks = append(r.Blocks, alsoFailed(rest))
	}
	if len(c.Pending) > 0 {
		r.Blocks = append(r.Blocks, pendingLine(c.Pending))
		r.Next = append(r.Next, bot.Action{Label: "Ask again", Text: "ci " + f.ref()})
	}
	if len(c.Missing) > 0 {
		r.Blocks = append(r.Blocks, bot.P(bot.Text("required, and not reported: "+few(shortNames(c.Missing), maxNamedChecks))))
	}
	if len(c.Reruns) > 0 {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text("passed when it was run again: "+few(shortNames(c.Reruns), maxNamedChecks))))
	}
	for _, note := range c.Notes {
		r.Blocks = append(r.Blocks, bot.Small(bot.Text(note)))
	}
	r.Blocks = append(r.Blocks, f.at())
	return r
}

// verdict is how the checks stand, in a few words.
func (c Checks) verdict() string {
	onBase := 0
	for _, check := range c.Failing {
		if check.OnBase {
			onBase++
		}
	}
	switch {
	case c.Failed > 0 && onBase == c.Failed:
		return c.share(c.Failed) + " failed, on " + bot.CleanLine(c.Branch) + ", too"
	case c.Failed > 0:
		return c.share(c.Failed) + " failed"
	case c.Running > 0:
		return c.running()
	case c.Total > 0 && len(c.Missing) > 0:
		return fmt.Sprintf("%s passed, %d required missing", c.share(c.Passed), len(c.Missing))
	case c.Total > 0:
		return c.share(c.Passed) + " passed"
	case len(c.Notes) > 0:
		return "checks not read"
	}
	return "no checks on its head"
}

// share says how many of all checks n are: "the one check", "all 3 checks", "2 of 3 checks".
func (c Checks) share(n int) string {
	switch {
	case n == 1 && c.Total == 1:
		return "the one check"
	case n == c.Total:
		return fmt.Sprintf("all %d checks", n)
	}
	return fmt.Sprintf("%d of %s", n, count(c.Total, "check"))
}

// running says how checks stand of which some run and none failed.
func (c Checks) running() string {
	switch {
	case c.Passed > 0:
		return fmt.Sprintf("%s passed, %d running", c.share(c.Passed), c.Running)
	case c.Running == 1:
		return c.share(1) + " is running"
	}
	return c.share(c.Running) + " are running"
}

// failedBlocks are a line with the cause of a failed check, and the lines of its log.
func (f *Facts) failedBlocks(check FailedCheck) bot.Blocks {
	spans := []bot.Span{{Text: shorten(bot.CleanLine(check.Name), 60), URL: check.URL, Bold: true}, bot.Text(": ")}
	if check.Required {
		spans[1].Text = ", required: "
	}
	if check.OnBase {
		spans = append(spans, bot.Bold("also red on "+f.Checks.Branch), bot.Text(dot))
	}
	if check.Cause == nil {
		return bot.Blocks{bot.P(append(spans, bot.Text(cmp.Or(conclusionWords[check.Conclusion], "failed")+", I found no cause"))...)}
	}
	c := *check.Cause
	if c.Test != "" {
		spans = append(spans, bot.Mono(c.Test))
		if c.Text != "" {
			spans = append(spans, bot.Text(": "))
		}
	}
	if c.Text != "" || c.Test == "" {
		spans = append(spans, bot.Text(cmp.Or(c.Text, conclusionWords[check.Conclusion], "failed")))
	}
	if c.File != "" {
		spans = append(spans, bot.Text(dot), f.sourceSpan(c))
	}
	blocks := bot.Blocks{bot.P(spans...)}
	if len(c.Lines) > 0 {
		blocks = append(blocks, bot.Code{Text: strings.Join(c.Lines, "\n")})
	}
	return blocks
}

// conclusionWords are GitHub's conclusions other than failure.
var conclusionWords = map[string]string{
	"cancelled": "cancelled", "timed_out": "took too long", "action_required": "waits for somebody to act", "startup_failure": "could not be started",
}

// sourceSpan is the place of a cause, leading to the file at the head where that is known to be there.
func (f *Facts) sourceSpan(c Cause) bot.Span {
	text := lastParts(c.File, 3)
	if c.Line > 0 {
		text += fmt.Sprintf(":%d", c.Line)
	}
	known := c.From == "annotation"
	for _, change := range f.Changes {
		known = known || change.Path == c.File && change.Status != "removed"
	}
	repository, _, ok := strings.Cut(f.URL, "/pull/")
	if !known || !ok || f.Head == "" {
		return bot.Mono(text)
	}
	parts := strings.Split(c.File, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	address := repository + "/blob/" + f.Head + "/" + strings.Join(parts, "/")
	if c.Line > 0 {
		address += fmt.Sprintf("#L%d", c.Line)
	}
	return bot.Link(text, address)
}

func alsoFailed(rest []FailedCheck) bot.Para {
	spans := []bot.Span{bot.Text("also failed: ")}
	for i, check := range rest[:min(len(rest), maxNamedChecks)] {
		if i > 0 {
			spans = append(spans, bot.Text(", "))
		}
		spans = append(spans, bot.Link(shorten(bot.CleanLine(check.Name), 40), check.URL))
	}
	return bot.P(append(spans, bot.Text(more(len(rest)-maxNamedChecks)))...)
}

// pendingLine names what runs, and for how long.
func pendingLine(list []PendingCheck) bot.Para {
	spans := []bot.Span{bot.Text("running: ")}
	for i, check := range list[:min(len(list), maxNamedChecks)] {
		if i > 0 {
			spans = append(spans, bot.Text(", "))
		}
		spans = append(spans, bot.Link(shorten(bot.CleanLine(check.Name), 40), check.URL))
		switch {
		case check.Waiting:
			spans = append(spans, bot.Text(" (waiting)"))
		case check.Seconds > 0:
			spans = append(spans, bot.Text(" for "+roughly(check.Seconds)))
		}
	}
	return bot.P(append(spans, bot.Text(more(len(list)-maxNamedChecks)))...)
}

// roughly writes a duration in one unit.
func roughly(seconds int) string {
	switch {
	case seconds < 120:
		return fmt.Sprintf("%d s", seconds)
	case seconds < 2*60*60:
		return fmt.Sprintf("%d min", seconds/60)
	}
	return fmt.Sprintf("%d h", seconds/3600)
}

func shortNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = shorten(bot.CleanLine(n), 40)
	}
	return out
}
