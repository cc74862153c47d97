package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.xds.model.ScopeKeyBuilder;
import io.heddle.xds.model.ScopeKeyBuilder.Element;
import io.heddle.xds.model.ScopeKeyBuilder.HeaderFragment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the key of a request's scope; a key of several fragments is written as one text. Immutable.
 */
public final class ScopeKey {
  /** Stands between fragments; no header's value holds it. */
  private static final String BETWEEN = "\0";

  private final Fragment[] fragments;

  private record Fragment(HeaderName header, String separator, Element element) {}

  private ScopeKey(Fragment[] fragments) {
    this.fragments = fragments;
  }

  /** Compiles a builder. */
  public static ScopeKey of(ScopeKeyBuilder builder) {
    List<HeaderFragment> from = builder.fragments();
    Fragment[] fragments = new Fragment[from.size()];
    for (int i = 0; i < fragments.length; i++) {
      HeaderFragment one = from.get(i);
      fragments[i] =
          new Fragment(HeaderName.of(one.header()), one.elementSeparator(), one.element());
    }
    return new ScopeKey(fragments);
  }

  /** A key as scopes are configured with it, in the form of {@link #of(RequestHeaders)}. */
  public static String text(List<String> key) {
    return String.join(BETWEEN, key);
  }

  /** The request's key, or null where a fragment is not there. */
  public @Nullable String of(RequestHeaders request) {
    String key = null;
    for (Fragment fragment : fragments) {
      Optional<String> value = request.first(fragment.header());
      String found = value.isEmpty() ? null : element(fragment, value.get());
      if (found == null) {
        return null;
      }
      key = key == null ? found : key + BETWEEN + found;
    }
    return key;
  }

  private static @Nullable String element(Fragment fragment, String value) {
    String separator = fragment.separator();
    int from = 0;
    for (int i = 0; ; i++) {
      int at = separator.isEmpty() ? -1 : value.indexOf(separator, from);
      int to = at < 0 ? value.length() : at;
      switch (fragment.element()) {
        case Element.At wanted -> {
          if (wanted.index() == i) {
            return value.substring(from, to);
          }
        }
        case Element.Keyed wanted -> {
          String key = wanted.key();
          int end = from + key.length() + wanted.separator().length();
          if (value.startsWith(key, from)
              && value.startsWith(wanted.separator(), from + key.length())
              && end <= to) {
            return value.substring(end, to);
          }
        }
      }
      if (at < 0) {
        return null;
      }
      from = at + separator.length();
    }
  }
}
