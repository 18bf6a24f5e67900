// Before the first paint, and a file of its own because the content security policy allows no inline script.
(function () {
  var wanted = localStorage.getItem('mantine-color-scheme-value');
  var dark = wanted === 'dark' || (wanted !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
