package io.heddle.proxy.engine.route;

import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.xds.model.HeaderMutations;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the levels of a route do to the headers of one direction, in order. Immutable. */
public final class HeaderEdits {
  private static final Logger LOG = LoggerFactory.getLogger(HeaderEdits.class);
  private static final HeaderName HOST = HeaderName.of("host");

  /** Leaves headers alone. */
  public static final HeaderEdits NONE = new HeaderEdits(List.of());

  private record Addition(
      HeaderName name,
      Format value,
      String constant,
      HeaderMutations.AppendAction action,
      boolean keepEmpty) {}

  private record Level(List<HeaderName> remove, List<Addition> add) {}

  private final Level[] levels;

  private HeaderEdits(List<Level> levels) {
    this.levels = levels.toArray(new Level[0]);
  }

  /**
   * Compiles the levels that do something, in the order in which they are to be applied.
   *
   * @throws IllegalArgumentException names an operator that is not supported
   */
  public static HeaderEdits of(List<HeaderMutations> mutations, ExpressionLanguage language) {
    List<Level> levels = new ArrayList<>();
    for (HeaderMutations level : mutations) {
      if (level.isEmpty()) {
        continue;
      }
      List<Addition> add = new ArrayList<>();
      for (HeaderMutations.Addition addition : level.add()) {
        Format format = Format.text(addition.value(), true, language);
        String constant = addition.value().indexOf('%') < 0 ? addition.value() : "";
        add.add(
            new Addition(
                HeaderName.of(addition.name()),
                format,
                constant,
                addition.action(),
                addition.keepEmpty()));
      }
      levels.add(new Level(level.remove().stream().map(HeaderName::of).toList(), add));
    }
    return levels.isEmpty() ? NONE : new HeaderEdits(levels);
  }

  /** Changes these headers. */
  public void apply(HeaderMap headers, Subject subject) {
    for (Level level : levels) {
      for (int i = 0; i < level.remove().size(); i++) {
        HeaderName name = level.remove().get(i);
        if (!name.pseudo() && !name.equals(HOST)) {
          headers.remove(name);
        }
      }
      for (int i = 0; i < level.add().size(); i++) {
        apply(level.add().get(i), headers, subject);
      }
    }
  }

  private static void apply(Addition addition, HeaderMap headers, Subject subject) {
    String value =
        addition.constant().isEmpty() ? addition.value().render(subject) : addition.constant();
    if (value.isEmpty() && !addition.keepEmpty()) {
      return;
    }
    HeaderName name = addition.name();
    try {
      switch (addition.action()) {
        case APPEND_IF_EXISTS_OR_ADD -> {
          if (name.pseudo() || name.equals(HOST)) {
            headers.set(name, value);
          } else {
            headers.add(name, value);
          }
        }
        case ADD_IF_ABSENT -> {
          if (!headers.contains(name)) {
            headers.set(name, value);
          }
        }
        case OVERWRITE_IF_EXISTS_OR_ADD -> headers.set(name, value);
        case OVERWRITE_IF_EXISTS -> {
          if (headers.contains(name)) {
            headers.set(name, value);
          }
        }
      }
    } catch (IllegalArgumentException notAllowed) {
      LOG.debug("Header {} of a route was left out: {}", name, notAllowed.getMessage());
    }
  }
}
