// The smallest useful bot on @slack/bolt: it answers each mention in its thread. bolt_test.go runs it against the sandbox.
import bolt from '@slack/bolt';

const app = new bolt.App({
  token: process.env.BOT_TOKEN,
  appToken: process.env.APP_TOKEN,
  socketMode: true,
  logLevel: bolt.LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.env.API_URL },
});

const HELP = 'I answer mentions. Ask me for *help*, and I say this.';

app.event('app_mention', async ({ event, say }) => {
  await say({ text: HELP, thread_ts: event.thread_ts ?? event.ts });
});

await app.start();
