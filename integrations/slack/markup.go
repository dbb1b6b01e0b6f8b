package slack

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"shipmate/bot"
)

// maxText is how much of a message is read, in bytes.
const maxText = 64 << 10

// readText turns the text of a message as Slack sends it into what the person wrote: mentions, channels and links become readable words,
// the escapes of &, < and > are undone, and invisible characters are dropped. botID is the bot's user ID; mentioned reports whether the
// text mentions it. What is asked is what stands behind the bot's mention or, when nothing does, before it; code in backticks, which is how a
// command looks that was copied from an answer, is read without them.
//
// The format is described in https://docs.slack.dev/messaging/formatting-message-text.
func readText(s, botID string) (text string, mentioned bool) {
	s = clip(s, maxText)
	var before, after strings.Builder
	b := &before
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			b.WriteString(unescape(s))
			break
		}
		b.WriteString(unescape(s[:open]))
		end := strings.IndexByte(s[open:], '>')
		if end < 0 { // cut off in the middle
			b.WriteString(unescape(s[open:]))
			break
		}
		control := s[open+1 : open+end]
		s = s[open+end+1:]
		if isMention(control, botID) {
			if mentioned = true; b == &before {
				b = &after
			}
			continue
		}
		b.WriteString(readable(control))
	}
	asked := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(after.String()), ":,"))
	if asked == "" {
		asked = before.String()
	}
	return strings.TrimSpace(bot.CleanText(inBackticks.ReplaceAllString(asked, "$1"))), mentioned
}

var inBackticks = regexp.MustCompile("(?:```|`)([^`]+)(?:```|`)")

func isMention(control, userID string) bool {
	id, _, _ := strings.Cut(control, "|")
	return userID != "" && id == "@"+userID
}

// readable turns what stands between < and > into words.
func readable(control string) string {
	id, label, labelled := strings.Cut(control, "|")
	id, label = unescape(id), unescape(label)
	switch {
	case id == "":
		return ""
	case id[0] == '@':
		if label != "" {
			return "@" + strings.TrimPrefix(label, "@")
		}
		return id
	case id[0] == '#':
		if label != "" {
			return "#" + strings.TrimPrefix(label, "#")
		}
		return id
	case id[0] == '!':
		return special(id[1:], label)
	case labelled && linkedByItself(id, label):
		return label
	}
	return strings.TrimPrefix(id, "mailto:")
}

// special reads the controls that begin with an exclamation mark.
func special(id, label string) string {
	name, rest, _ := strings.Cut(id, "^")
	switch {
	case name == "here" || name == "channel" || name == "everyone":
		return "@" + name
	case label != "":
		return label
	case name == "subteam":
		return "@" + rest
	}
	return name
}

// linkedByItself reports whether Slack made a link of plain text: people write "readme.md", which looks like a host name, and Slack sends
// <http://readme.md|readme.md>.
func linkedByItself(url, label string) bool {
	_, rest, found := strings.Cut(url, "://")
	return found && label != "" && strings.TrimSuffix(rest, "/") == strings.TrimSuffix(label, "/") && !strings.Contains(label, "://")
}

// unescape undoes the three escapes that Slack makes, once.
func unescape(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// clip cuts s to at most n bytes, between runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
