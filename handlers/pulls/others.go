package pulls

import "shipmate/bot"

// others are the commands that are more than a question about one pull request.
func (h *handler) others() []bot.Command {
	return []bot.Command{{
		Name: "watch", Usage: "<pull request>", Summary: "keeps one card up to date until the pull request is merged", Examples: []string{"watch #123"},
		Role: bot.Viewer, Handler: bot.HandlerFunc(h.watch), Follows: h.follows,
	}, {
		Name: "unwatch", Usage: "<pull request>", Summary: "stops keeping the card up to date", Examples: []string{"unwatch #123"},
		Role: bot.Viewer, Handler: bot.HandlerFunc(h.unwatch), Follows: h.follows,
	}, {
		Name: "waiting", Aliases: []string{"todo"}, Usage: "[login]", Summary: "lists the pull requests that wait for you, the longest first", Examples: []string{"waiting"},
		Role: bot.Viewer, Personal: true, Handler: bot.HandlerFunc(h.waiting), Follows: followsForm(asksWait),
	}, {
		Name: "mine", Usage: "[login]", Summary: "lists your open pull requests and whose turn it is in each", Examples: []string{"mine"},
		Role: bot.Viewer, Personal: true, Handler: bot.HandlerFunc(h.mine), Follows: followsForm(asksMine),
	}, {
		Name: "me", Usage: "<login>", Summary: "tells me who you are on GitHub", Examples: []string{"me octocat"},
		Role: bot.Viewer, Personal: true, Handler: bot.HandlerFunc(h.me),
	}, {
		Name: "pulls", Aliases: []string{"list", "prs"}, Usage: "[owner/repository] [open|closed|all]",
		Summary: "lists pull requests, the newest first", Examples: []string{"pulls", "pulls octo/widgets closed"},
		Role: bot.Viewer, Handler: bot.HandlerFunc(h.list), Follows: h.follows,
	}, {
		Name: "preview", Usage: "<pull request>", Summary: "says in three lines what a pull request is and how it stands", Examples: []string{"preview #123"},
		Role: bot.Viewer, Handler: bot.HandlerFunc(h.preview), Hears: hearsLinks,
	}}
}
