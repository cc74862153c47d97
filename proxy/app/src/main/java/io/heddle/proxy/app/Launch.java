package io.heddle.proxy.app;

import java.util.List;

/** What came of starting a proxy. */
public sealed interface Launch {
  record Running(ProxyRuntime runtime) implements Launch {}

  /** Nothing runs and no port is bound; each error is one line. */
  record Failed(List<String> errors) implements Launch {
    public Failed {
      errors = List.copyOf(errors);
    }
  }
}
