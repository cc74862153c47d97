package io.heddle.proxy.engine.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;

class ServerContextTest {
  @Test
  void aMissingLibraryIsToldByField() {
    BadMaterialException told =
        catchThrowableOfType(
            BadMaterialException.class,
            () ->
                ServerContext.build(
                    () -> {
                      throw new UnsatisfiedLinkError("no netty_tcnative in java.library.path");
                    },
                    "transport_socket.typed_config"));
    assertThat(told.field()).isEqualTo("transport_socket.typed_config");
    assertThat(told.offending()).contains("no netty_tcnative");
  }
}
