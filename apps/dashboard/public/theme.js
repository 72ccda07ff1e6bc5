// Before the first paint, so that nobody who chose dark is dazzled at 3 a.m.; a file, as the page allows no script inside it.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('waybill.theme');
  } catch {
    // A browser that keeps nothing follows the system.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
})();
