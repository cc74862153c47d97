package io.heddle.control.core.status;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.resource.ProxySync;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How things stand at the proxies that are connected to the other control planes of the same store.
 * May wait for them; any thread.
 */
public interface Elsewhere {
  /**
   * How objects stand there, summed over all of them.
   *
   * @param generations which of each is meant
   * @param missing proxies that are not connected here any more
   */
  Standing objects(Map<ObjectKey, Long> generations, Set<String> missing);

  /** Every proxy that is connected there, or remembered. */
  Known proxies();

  /**
   * The answer of {@link #objects}.
   *
   * @param here those of the missing proxies that are connected there
   */
  record Standing(Map<ObjectKey, ProxySync> objects, Set<String> here) {
    public static final Standing NONE = new Standing(Map.of(), Set.of());

    public Standing {
      objects = Map.copyOf(objects);
      here = Set.copyOf(here);
    }
  }

  /**
   * The answer of {@link #proxies}.
   *
   * @param silent what people call the control planes that did not say
   */
  record Known(List<ProxyState> proxies, Set<String> silent) {
    public static final Known NONE = new Known(List.of(), Set.of());

    public Known {
      proxies = List.copyOf(proxies);
      silent = Set.copyOf(silent);
    }
  }

  /** There is no other control plane. */
  Elsewhere NOWHERE =
      new Elsewhere() {
        @Override
        public Standing objects(Map<ObjectKey, Long> generations, Set<String> missing) {
          return Standing.NONE;
        }

        @Override
        public Known proxies() {
          return Known.NONE;
        }
      };
}
