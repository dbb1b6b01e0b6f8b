package pulls

import (
	"regexp"
	"slices"
	"strings"

	"shipmate/bot"
	"shipmate/integrations/github"
)

// Bounds of what is shown of a cause.
const (
	maxCauseLines = 12
	maxCauseText  = 200 // characters
	maxTestName   = 120
	lastLines     = 30 // of a log that are believed whatever they are about
)

// causeOf finds why a check failed: from its annotations, else from the end of its log, else from what it says of itself. Nil when none of
// them says anything. files are the changed ones: a path that the log gives in part is completed from them.
func causeOf(f github.Failure, title string, files []github.File) *Cause {
	var c Cause
	switch {
	case len(f.Annotations) > 0:
		c = annotationCause(bestAnnotation(f.Annotations, files))
	case len(f.Log) > 0:
		c = logCause(hideSecrets(f.Log))
	case strings.TrimSpace(title) != "":
		c = Cause{Text: title, From: "title"}
	default:
		return nil
	}
	if c.From != "annotation" {
		c.File = changedPath(c.File, files)
	}
	c.Text = shorten(bot.CleanLine(hideSecret(c.Text)), maxCauseText)
	c.Test = shorten(bot.CleanLine(hideSecret(c.Test)), maxTestName)
	if c.Lines == nil {
		c.Lines = []string{}
	}
	return &c
}

// bestAnnotation is the first about a changed file, else the first about a file, else the first.
func bestAnnotation(list []github.Annotation, files []github.File) github.Annotation {
	for _, fits := range []func(github.Annotation) bool{
		func(a github.Annotation) bool {
			return slices.ContainsFunc(files, func(f github.File) bool { return f.Path == a.Path })
		},
		func(a github.Annotation) bool { return a.Path != "" },
	} {
		if i := slices.IndexFunc(list, fits); i >= 0 {
			return list[i]
		}
	}
	return list[0]
}

// annotationCause is what an annotation says. Its place is the check's own word; a test's name has to be found in its text.
func annotationCause(a github.Annotation) Cause {
	lines := hideSecrets(strings.Split(strings.ReplaceAll(a.Message, "\r\n", "\n"), "\n"))
	c := Cause{From: "annotation", File: a.Path, Line: a.Line, Text: firstLine(lines)}
	title := strings.TrimSpace(a.Title)
	if file, test, ok := strings.Cut(title, " > "); ok && pathLike(file) { // as vitest has it
		c.Test = test
		return c
	}
	if found, name, ok := findCause(lines, finders()); ok {
		c.Test = found.test
		if found.test != "" && found.text != "" || machineTexts[name] != "" {
			c.Text = inWords(name, found.text)
		}
	}
	if title != "" && !strings.Contains(c.Text, title) && !plainTitle.MatchString(title) {
		c.Text = title + ": " + c.Text
	}
	return c
}

// plainTitle matches titles that say nothing.
var plainTitle = regexp.MustCompile(`(?i)^(?:error|failure|failed|test (?:results?|failure)|check failure)s?$`)

func firstLine(lines []string) string {
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			return l
		}
	}
	return ""
}

// machineTexts say in words what the machine's messages mean.
var machineTexts = map[string]string{
	"disk": "the runner's disk is full", "memory": "it ran out of memory", "killed": "it was killed, often for want of memory", "timeout": "it took too long",
	"limit": "too many requests, a download was refused", "network": "the network failed", "runner": "the runner was lost",
}

// logCause is what the end of a log says: its last lines, or a test or compiler further above, as where other tests go on after the one that
// failed.
func logCause(lines []string) Cause {
	last := lines[max(len(lines)-lastLines, 0):]
	found, name, ok := findCause(last, finders())
	if ok {
		lines = last
	} else {
		found, name, ok = findCause(lines, codeFinders())
	}
	if !ok {
		at := lastWord(lines)
		return Cause{From: "log", Text: strings.TrimPrefix(strings.TrimSpace(lines[at]), "Error: "), Lines: linesAround(lines, max(at-maxCauseLines+3, 0))}
	}
	return Cause{From: "log", Text: inWords(name, found.text), Test: found.test, File: found.file, Line: found.line, Lines: linesAround(lines, found.at-2)}
}

// inWords is what a finder found, with what it means if it is about the machine.
func inWords(finder, text string) string {
	if means := machineTexts[finder]; means != "" {
		return means + ": " + text
	}
	return text
}

var (
	complains = regexp.MustCompile(`(?i)\b(?:error|fatal|fail(?:ed|ure|s)?|panic|exception|cannot|can't|could not|not found|denied|missing|invalid|unable)\b`)
	saysExit  = regexp.MustCompile(`(?i)process completed with exit code|operation was cancell?ed|\bexit (?:code|status) \d+\b`)
)

// lastWord is the index of the last line that complains of something in particular, else of the last that says anything, else of the last.
func lastWord(lines []string) int {
	for _, fits := range []func(string) bool{
		func(l string) bool { return complains.MatchString(l) && !saysExit.MatchString(l) },
		func(l string) bool { return strings.TrimSpace(l) != "" && !saysExit.MatchString(l) },
	} {
		for i := len(lines) - 1; i >= 0; i-- {
			if fits(lines[i]) {
				return i
			}
		}
	}
	return len(lines) - 1
}

// linesAround are the lines from the given one on, as they are shown. Where the log ends sooner, they begin sooner.
func linesAround(lines []string, from int) []string {
	from = max(min(from, len(lines)-maxCauseLines), 0)
	out := []string{}
	for _, l := range lines[from:min(from+maxCauseLines, len(lines))] {
		out = append(out, cutLine(strings.TrimRight(l, " \t")))
	}
	for len(out) > 0 && strings.TrimSpace(out[0]) == "" {
		out = out[1:]
	}
	return out
}

// changedPath is the one changed file that a path of a log means, else the path as it is.
func changedPath(path string, files []github.File) string {
	if path == "" {
		return ""
	}
	found := ""
	for _, f := range files {
		switch {
		case f.Path == path:
			return path
		case strings.HasSuffix(f.Path, "/"+path) || strings.HasSuffix(path, "/"+f.Path):
			if found != "" {
				return path
			}
			found = f.Path
		}
	}
	if found != "" {
		return found
	}
	return path
}
