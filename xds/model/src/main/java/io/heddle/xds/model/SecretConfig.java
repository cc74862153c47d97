package io.heddle.xds.model;

import java.util.List;
import java.util.Map;

/** A secret by its name ({@code envoy.extensions.transport_sockets.tls.v3.Secret}). */
public record SecretConfig(String name, Content content) {

  /** What it is. */
  public sealed interface Content {
    /** A certificate and its key. */
    record Certificate(TlsCertificateConfig certificate) implements Content {}

    /** What a peer's certificate must be. */
    record Validation(TlsValidationConfig validation) implements Content {}

    /** Keys of session tickets, the one that new tickets get first. */
    record TicketKeys(List<DataRef> keys) implements Content {
      public TicketKeys {
        keys = List.copyOf(keys);
      }
    }

    /** Anything else, such as a password; {@code secrets} are parts by name. */
    record Generic(DataRef secret, Map<String, DataRef> secrets) implements Content {
      public Generic {
        secrets = Map.copyOf(secrets);
      }
    }
  }
}
