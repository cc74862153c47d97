package io.heddle.control.core.store;

import io.heddle.control.api.resource.Kind;
import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ObjectMeta;
import io.heddle.control.api.resource.ResourceObject;
import io.heddle.control.api.resource.ServiceSpec;
import io.heddle.control.api.store.Mutation;
import io.heddle.control.api.store.WriteContext;
import java.util.List;
import java.util.Map;

/** Objects to write: Services that carry a number. */
final class Samples {
  static final WriteContext WRITER = WriteContext.of("test", "here");

  private Samples() {}

  static ObjectKey key(String name) {
    return ObjectKey.of(Kind.SERVICE, name);
  }

  static ResourceObject service(String name, int number) {
    return ResourceObject.of(
        ObjectMeta.of(name),
        new ServiceSpec(
            Map.of("number", String.valueOf(number)),
            List.of(new ServiceSpec.Port("", 80, "http"))));
  }

  static List<Mutation> put(String name, int number) {
    return List.of(Mutation.Put.of(service(name, number)));
  }

  static int number(ResourceObject object) {
    return Integer.parseInt(((ServiceSpec) object.spec()).selector().getOrDefault("number", "-1"));
  }
}
