// What can be wrong before the page starts. Written for old browsers, and run before all modules.
(function () {
  "use strict";
  var simd = [
    0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253,
    15, 253, 98, 11,
  ];

  function found() {
    if (location.protocol === "file:") {
      return "Browsers load no modules from files. Serve this folder, for instance by " +
        "python -m http.server, and open the address that it prints.";
    }
    if (typeof WebAssembly !== "object" || typeof Uint8Array !== "function") {
      return "This browser has no WebAssembly, in which the model runs. Try a current browser; " +
        "some switch WebAssembly off in their strictest mode.";
    }
    if (!WebAssembly.validate(new Uint8Array(simd))) {
      return "This browser has no WebAssembly SIMD, which the model needs. Chrome and Edge have " +
        "it since version 91, Firefox since 89, Safari since 16.4.";
    }
    return HTMLScriptElement.supports && HTMLScriptElement.supports("importmap")
      ? ""
      : "This browser has no import maps, by which the page finds its modules. Chrome and Edge " +
        "have them since version 89, Firefox since 108, Safari since 16.4.";
  }

  // The first problem is the cause; what follows from it is not shown.
  window.explorerProblem = function (text) {
    var root = document.documentElement;
    if (root.getAttribute("data-problem")) {
      return;
    }
    root.setAttribute("data-problem", "yes");
    function show() {
      var notice = document.getElementById("notice");
      notice.textContent = text;
      notice.hidden = false;
      document.getElementById("loading").hidden = true;
    }
    if (document.body) {
      show();
    } else {
      document.addEventListener("DOMContentLoaded", show);
    }
  };

  window.addEventListener(
    "error",
    function (event) {
      var source = event.target && event.target.src;
      if (source) {
        window.explorerProblem("The page is not whole: " + source + " could not be loaded.");
      }
    },
    true
  );

  var problem = found();
  if (problem) {
    window.explorerProblem(problem);
  }
})();
