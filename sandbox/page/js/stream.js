/**
 * Server-sent events, shared by all tabs: browsers open no more than six connections to a server, and a stream keeps one
 * for itself. So of the tabs that follow a stream one opens it, the one that holds the lock named after it, and the others
 * hear from that one. When it is closed the browser hands the lock to the next.
 * @module
 */

const FIRST_DELAY = 500;
const LONGEST_DELAY = 4000;

/**
 * Follows a stream of server-sent events until close is called, whichever tab it is that reads it, opening it again
 * whenever it breaks. onOpen runs after every opening: whatever happened in between has to be read again there. If it fails,
 * it runs again later.
 * @param {string} path
 * @param {{onEvent: function(Object), onOpen?: function(): (Promise|void), onDown?: function()}} on
 * @returns {{close: function()}}
 */
export function follow(path, { onEvent, onOpen, onDown }) {
  const others = new BroadcastChannel(path);
  const end = new AbortController();
  let current = ''; // the opening of the stream that this tab has caught up with, or is about to
  let mine = ''; // the opening that this tab reads for all
  let delay = FIRST_DELAY;
  let retry = 0;
  let turn = 0;

  const later = (fn) => {
    const wait = delay;
    delay = Math.min(delay * 2, LONGEST_DELAY);
    return setTimeout(fn, wait);
  };
  const catchUp = async (opening) => {
    try {
      await onOpen?.();
      if (opening === current) delay = FIRST_DELAY;
    } catch {
      if (opening !== current) return;
      onDown?.();
      retry = later(() => catchUp(opening));
    }
  };
  const hear = ({ opened, down, event }) => {
    if (event) onEvent(event);
    if (down) {
      current = '';
      clearTimeout(retry);
      onDown?.();
    }
    if (!opened || opened === current) return;
    current = opened;
    clearTimeout(retry);
    catchUp(opened);
  };
  const tell = (news) => {
    others.postMessage(news);
    hear(news);
  };
  others.onmessage = ({ data }) => {
    if (!data.asks) hear(data);
    else if (mine) others.postMessage({ opened: mine });
  };

  /** Reads the stream for all tabs, once it is this tab's turn, until it breaks; then the next tab has its turn. */
  const takeTurn = async () => {
    const opened = () => {
      mine = crypto.randomUUID();
      tell({ opened: mine });
    };
    const broke = await navigator.locks.request(path, { signal: end.signal },
      () => read(path, end.signal, { onOpen: opened, onEvent: (event) => tell({ event }) })).catch(() => false);
    mine = '';
    if (!broke) return;
    tell({ down: true });
    turn = later(takeTurn);
  };
  takeTurn();
  others.postMessage({ asks: true });
  return {
    close() {
      end.abort();
      clearTimeout(retry);
      clearTimeout(turn);
      others.close();
    },
  };
}

/** Reads a stream; resolves to true when it broke and to false when signal aborted. */
function read(path, signal, { onOpen, onEvent }) {
  if (signal.aborted) return false;
  return new Promise((resolve) => {
    const source = new EventSource(path);
    const end = (broke) => {
      source.close();
      resolve(broke);
    };
    source.onopen = onOpen;
    source.onmessage = (e) => onEvent(JSON.parse(e.data));
    source.onerror = () => end(true);
    signal.addEventListener('abort', () => end(false));
  });
}
