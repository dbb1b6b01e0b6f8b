// Runs before the first paint, so that a chosen theme never flashes in the other one.
'use strict';
try {
  const theme = JSON.parse(localStorage.getItem('shipmate.theme'));
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage can be switched off; the system's theme is used then.
}
