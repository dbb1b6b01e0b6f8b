/**
 * The sandbox's control API over fetch.
 * @module
 */

/** An answer other than 2xx; message is a sentence for the person. status 0 means that nothing answered. */
class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

async function call(path, { params, body } = {}) {
  const url = new URL(path, location.origin);
  for (const [key, value] of Object.entries(params ?? {})) {
    if (value !== undefined && value !== null && value !== '') url.searchParams.set(key, value);
  }
  const init = body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  };
  let response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ApiError('The sandbox is not answering.', 0);
  }
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(data.error || `The sandbox answered ${response.status}.`, response.status);
  return data;
}

const get = (path, params) => call(path, { params });
const post = (path, body) => call(path, { body });

/** The Slack side. Bodies name the person who acts as `user`. */
export const slack = {
  state: () => get('/control/slack/state'),
  messages: (channel, { thread, limit, user } = {}) => get('/control/slack/messages', { channel, thread_ts: thread, limit, user }),
  say: (body) => post('/control/slack/say', body),
  click: (body) => post('/control/slack/click', body),
  react: (body) => post('/control/slack/react', body),
  edit: (body) => post('/control/slack/edit', body),
  remove: (body) => post('/control/slack/delete', body),
  submit: (body) => post('/control/slack/submit', body),
};

/** The GitHub side. */
export const github = {
  state: () => get('/control/github/state'),
  pulls: ({ state, page, q } = {}) => get('/control/github/pulls', { state, page, q }),
  pull: (number) => get(`/control/github/pulls/${number}`),
  comment: (body) => post('/control/github/comment', body),
  edit: (body) => post('/control/github/edit-comment', body),
  remove: (body) => post('/control/github/delete-comment', body),
};
