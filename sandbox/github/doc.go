// Package github stands in for GitHub on this machine. It serves the part of
// GitHub's REST API that a chat bot uses, under /api/v3/, from a real git
// repository that it only reads, and a control API under /control/github/ for
// the web page and for tests. Of GraphQL it has, under /api/graphql, what graphql.go
// says.
//
// # Where pull requests come from
//
// A pull request is read out of the repository's history:
//
//   - a merge commit on the default branch's first-parent history whose subject
//     is "Merge pull request #N from user/branch" is merged pull request N: head
//     is its second parent, base is the merge base of its parents;
//   - a commit there whose subject ends in "(#N)" is merged pull request N: head
//     is the commit, base its parent;
//   - any other branch with commits the default branch lacks is an open pull
//     request, numbered after the highest number in history;
//   - a history with none of the first two shows its last commits as merged pull
//     requests, each numbered by its place in first-parent history.
//
// When a number occurs twice the newest commit has it. Diffs are git's own, with
// rename detection as "git diff" does it, so the counts equal those of
// "git diff --numstat base head".
//
// # What is made up
//
// Logins come from GitHub's noreply addresses, from merge subjects, and else from
// people's names; e-mail addresses are never shown. Issues, reviews and check runs
// are not in a git repository: there are no plain issues, and reviews and check
// runs exist only when the control API made them. Comments and reactions are real
// and are kept in Options.Data. A branch below draft/ or wip/ is a draft.
//
// # The control API
//
// Requests and answers are JSON; an error is {"error": "a sentence"}. user is a
// login, and ada when it is left out. Below /control/github/:
//
//	GET    state                                            the repository and who is who
//	GET    pulls?state=open|closed|all&page=N&q=text        50 a page, newest number first
//	GET    pulls/{n}                                        one, with files, comments, reviews and checks
//	POST   comment {user,number,body}                       answers {id}
//	POST   line-comment {user,number,body,path,line,side,in_reply_to}  on a line of the diff; answers {id}
//	POST   edit-comment {user,id,body}
//	POST   delete-comment {user,id}
//	POST   check-run {number,ref,name,status,conclusion,title,summary,annotations,log}  on the head of a pull request, or of a branch; answers {id}
//	POST   job-log {id,log}                                 of the job of a check run; "" takes it away
//	POST   deployment {user,number,ref,environment,description,at,statuses:[{state,at}]}  of a merged pull request, a branch or a tag; answers {id}
//	POST   required {protection,rules}                      names of checks that the default branch's protection and a ruleset demand
//	POST   review {user,number,state,body}
//	POST   ask-review {user,number}
//	POST   webhook {url,secret}                             where events are sent to; "" is nowhere; answers {id}
//	POST   fault {method,path_contains,after,delay_ms,truncate,status,headers,body,skip,times}   see Fault
//	DELETE faults
//	POST   expire-tokens {}                                  all tokens of the App's installation expire now
//	GET    log?method=M&path=text                           the latest requests to the REST API
//	GET    events                                           server-sent events about comments
//
// # Webhooks
//
// There is at most one webhook. It is told, signed with its secret, of comments
// on pull requests (issue_comment: created, edited, deleted), of comments on lines
// of a diff (pull_request_review_comment: created) and of pull requests
// (pull_request: opened, synchronize, closed), the last when the repository is
// looked at again. As on GitHub, a delivery that fails or takes more than ten
// seconds is not tried again, but is listed below /repos/{o}/{r}/hooks/{id}/deliveries
// and sent again, with the same GUID, by a POST to its attempts.
//
// # The App
//
// The bot is also a GitHub App with a key of its own, installed on the repository's
// owner. A JWT that the key has signed is good for /app, for the repository's
// installation and for making tokens that last an hour; it is refused, as GitHub
// does, when it is issued in the future or lives for more than ten minutes. Those
// tokens do what the bot's own token does, but for /user.
//
// # Job logs
//
// The log of a job is behind a redirect to a host of its own, with an address that
// is good for a minute. That host answers 500 to whoever sends a token there; its
// downloads are in the log, under /job-logs/.
//
// # Limits
//
// The newest 20,000 first-parent commits are read, and open pull requests are
// those of the 1,000 branches with the newest commits.
package github
