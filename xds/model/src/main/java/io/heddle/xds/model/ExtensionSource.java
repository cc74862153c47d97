package io.heddle.xds.model;

import com.google.protobuf.Any;
import java.util.Optional;
import java.util.Set;

/**
 * Where the configuration of an extension is fetched from, under the extension's name ({@code
 * envoy.config.core.v3.ExtensionConfigSource}).
 *
 * @param byDefault used until there is another; where there is none, nothing passes until then
 * @param withoutWarming whether nobody waits for another, as the default will do
 * @param typeUrls what it may be of
 */
public record ExtensionSource(
    SourceConfig source, Optional<Any> byDefault, boolean withoutWarming, Set<String> typeUrls) {
  public ExtensionSource {
    typeUrls = Set.copyOf(typeUrls);
  }

  /** The name under which the engine keeps the configuration of an extension of this name. */
  public String key(String name) {
    return new SecretRef(name, Optional.of(source)).key();
  }
}
