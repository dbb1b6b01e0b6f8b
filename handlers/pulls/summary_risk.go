package pulls

import (
	"fmt"
	"slices"
	"strings"

	"shipmate/bot"
)

// shownReasons is how many reasons the risk line gives.
const shownReasons = 2

// riskLine is the level with the strongest reasons, each a link to its evidence.
func (f *Facts) riskLine() bot.Para {
	spans := []bot.Span{bot.Bold("risk: " + f.riskText())}
	for i, r := range f.strongest() {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		reason := f.reasonSpan(r)
		if r.Rule == "removed-exports" && f.tellsAPI() {
			reason.Text = "removes exported names"
		}
		spans = append(spans, bot.Text(sep), reason)
	}
	return bot.P(spans...)
}

// tellsAPI reports whether a bullet of the summary names what the public API loses.
func (f *Facts) tellsAPI() bool {
	return f.API.Removed > 0 && slices.ContainsFunc(f.bullets(), func(item []bot.Span) bool { return strings.HasPrefix(item[0].Text, apiStart) })
}

// strongest are the reasons for the risk line. A low risk is not explained by a size that the line above it gives.
func (f *Facts) strongest() []Reason {
	var out []Reason
	for _, r := range f.Risk.Reasons {
		if len(out) < shownReasons && (r.Rule != "size" || f.Risk.Level != "low") {
			out = append(out, r)
		}
	}
	return out
}

func (f *Facts) riskText() string { return fmt.Sprintf("%s (%d/10)", f.Risk.Level, f.Risk.Points) }

// reasonSpan is a reason's text, leading to its first evidence.
func (f *Facts) reasonSpan(r Reason) bot.Span {
	s := bot.Text(r.Text)
	if len(r.Evidence) > 0 {
		s.URL = f.link(r.Evidence[0])
	}
	return s
}
