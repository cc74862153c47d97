package io.heddle.proxy.app.admin;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Struct;
import com.google.protobuf.TypeRegistry;
import com.google.re2j.Pattern;
import io.heddle.xds.model.parse.GeneratedTypes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Descriptors of messages by type URL, loaded when first asked for: all of the API's would cost
 * seconds. Names only classes of the API's own packages, whatever a configuration says. Owned by
 * the thread that prints.
 */
final class KnownTypes {
  private static final Pattern NAME =
      Pattern.compile("(envoy|xds|udpa)(\\.[a-z][a-z0-9_]*)*(\\.[A-Z][A-Za-z0-9]*)+");

  private final Map<String, Optional<Descriptor>> byName = new HashMap<>();

  KnownTypes() {
    byName.put(Struct.getDescriptor().getFullName(), Optional.of(Struct.getDescriptor()));
  }

  /** The message of this type URL, where the API has one. */
  Optional<Descriptor> find(String typeUrl) {
    return byName.computeIfAbsent(
        typeUrl.substring(typeUrl.lastIndexOf('/') + 1), KnownTypes::load);
  }

  /** What has been found so far, for the printer. */
  TypeRegistry registry() {
    TypeRegistry.Builder found = TypeRegistry.newBuilder();
    byName.values().forEach(type -> type.ifPresent(found::add));
    return found.build();
  }

  private static Optional<Descriptor> load(String name) {
    if (!NAME.matches(name)) {
      return Optional.empty();
    }
    return GeneratedTypes.descriptor(name);
  }
}
