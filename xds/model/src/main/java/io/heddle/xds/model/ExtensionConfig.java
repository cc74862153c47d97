package io.heddle.xds.model;

import com.google.protobuf.Any;
import java.util.Optional;

/**
 * An extension named by its type URL, whose own factory parses the message.
 *
 * @param name the name given to it in the configuration, by which routes override it
 * @param typeUrl the whole type URL, {@code type.googleapis.com/…}
 * @param config the message; only its type URL has been looked at
 * @param optional whether an unknown type is skipped and not refused ({@code is_optional})
 * @param disabled whether it is off unless a route switches it on
 * @param discovery where the message is fetched from, in the place of {@code typeUrl} and {@code
 *     config}, which are empty then
 */
public record ExtensionConfig(
    String name,
    String typeUrl,
    Any config,
    boolean optional,
    boolean disabled,
    Optional<ExtensionSource> discovery)
    implements NetworkFilterConfig, AccessLogConfig {

  /** One that stands in the configuration. */
  public ExtensionConfig(
      String name, String typeUrl, Any config, boolean optional, boolean disabled) {
    this(name, typeUrl, config, optional, disabled, Optional.empty());
  }
}
