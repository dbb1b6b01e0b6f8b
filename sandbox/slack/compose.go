package slack

import (
	"encoding/json"
	"regexp"
	"strings"
)

// A composer turns what a person types into what Slack stores: escaped text in which mentions, channels and links are
// control sequences, and the same as a rich_text block.
type composer struct {
	token *regexp.Regexp
}

func newComposer() composer {
	// A ready mention; an @name or #channel after anything but a word character; a link.
	return composer{regexp.MustCompile(`<@[UW][A-Z0-9]+>|(?:\B|^)[@#][a-z0-9][a-z0-9._-]*|https?://[^\s<>|]+`)}
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// compose returns the stored text and its blocks.
func (w *Workspace) compose(typed string) (text string, blocks json.RawMessage) {
	var out strings.Builder
	var elements []response
	plain := func(s string) {
		if s != "" {
			out.WriteString(escape(s))
			elements = append(elements, response{"type": "text", "text": s})
		}
	}
	rest := 0
	for _, at := range w.composer.token.FindAllStringIndex(typed, -1) {
		control, element, used := w.control(typed[at[0]:at[1]])
		if element == nil {
			continue
		}
		plain(typed[rest:at[0]])
		out.WriteString(control)
		elements = append(elements, element)
		rest = at[0] + used
	}
	plain(typed[rest:])
	raw, err := encodePlain([]response{{
		"type": "rich_text", "block_id": strings.ToLower(newID(""))[:5],
		"elements": []response{{"type": "rich_text_section", "elements": elements}},
	}})
	if err != nil || len(elements) == 0 {
		return out.String(), nil
	}
	return out.String(), raw
}

// control turns one token into its control sequence and rich text element, and says how much of the token it used. A token
// that names nobody and nothing stays text.
func (w *Workspace) control(token string) (string, response, int) {
	if id, ok := strings.CutPrefix(token, "<@"); ok {
		if u := w.user(strings.TrimSuffix(id, ">")); u != nil {
			return token, response{"type": "user", "user_id": u.ID}, len(token)
		}
		return "", nil, 0
	}
	if strings.HasPrefix(token, "http") {
		url := strings.TrimRight(token, ".,;:!?)'\"")
		return "<" + escape(url) + ">", response{"type": "link", "url": url}, len(url)
	}
	// Punctuation may belong to the name or follow it.
	for end := len(token); end > 1; end-- {
		if end < len(token) && !strings.ContainsRune("._-", rune(token[end])) {
			continue
		}
		if control, element := w.named(token[0], token[1:end]); element != nil {
			return control, element, end
		}
	}
	return "", nil, 0
}

// named looks up @name and #name.
func (w *Workspace) named(sign byte, name string) (string, response) {
	if sign == '#' {
		for _, c := range w.channels {
			if c.Name == name && c.kind() == "channel" {
				return "<#" + c.ID + "|" + name + ">", response{"type": "channel", "channel_id": c.ID}
			}
		}
		return "", nil
	}
	if u := w.userNamed(name); u != nil {
		return "<@" + u.ID + ">", response{"type": "user", "user_id": u.ID}
	}
	for _, g := range w.groups {
		if g.Handle == name {
			return "<!subteam^" + g.ID + ">", response{"type": "usergroup", "usergroup_id": g.ID}
		}
	}
	switch name {
	case "here", "channel", "everyone":
		return "<!" + name + ">", response{"type": "broadcast", "range": name}
	}
	return "", nil
}
