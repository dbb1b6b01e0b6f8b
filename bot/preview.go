package bot

// Links is the Data of a Message that stands for the links that somebody posted, on a surface that shows previews of them. Its Text is empty, and
// its ReplyTo.Message names the message that they are in. A command that Hears it answers with effects of the kind EffectPreview and says nothing.
type Links struct {
	Links []string `json:"links"`
}

// EffectPreview is the kind of effect that shows a preview below a link that somebody posted. Its Data is a Preview. A surface that does not want
// the preview (any more) drops it: nobody waits for one.
const EffectPreview = "preview"

// Preview is what to show below a link.
type Preview struct {
	To    Place  `json:"to"`  // of the message that the link is in
	URL   string `json:"url"` // the link, as it was posted
	Reply Reply  `json:"reply"`
}
