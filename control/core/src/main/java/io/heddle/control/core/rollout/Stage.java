package io.heddle.control.core.rollout;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * Which proxies a stage of a rollout adds to those of the stages before it.
 *
 * <p>Written {@code [NAME=]SELECTOR}, where the selector is {@code label:KEY=VALUE} or {@code
 * label:KEY} (what a proxy's node metadata or the labels of its registered instance say), {@code
 * proxy:ID}, {@code zone:ZONE}, a share such as {@code 10%} or {@code 0.5%}, or {@code all}.
 */
public sealed interface Stage {
  /** What the stage is called; the selector where it has no name of its own. */
  String name();

  /** The selector as it is written. */
  String selector();

  /** Whether a proxy belongs to it. */
  boolean includes(Candidate proxy, String salt);

  /**
   * A proxy as stages look at it.
   *
   * @param id its node id
   * @param labels of its node metadata and of its instance
   * @param zone empty where nobody says
   */
  record Candidate(String id, Map<String, String> labels, String zone) {
    public Candidate {
      labels = Map.copyOf(labels);
    }
  }

  /** Proxies with a label; an empty value stands for any. */
  record Label(String name, String key, String value) implements Stage {
    @Override
    public String selector() {
      return "label:" + key + (value.isEmpty() ? "" : "=" + value);
    }

    @Override
    public boolean includes(Candidate proxy, String salt) {
      String found = proxy.labels().get(key);
      return found != null && (value.isEmpty() || value.equals(found));
    }
  }

  /** One proxy. */
  record Proxy(String name, String id) implements Stage {
    @Override
    public String selector() {
      return "proxy:" + id;
    }

    @Override
    public boolean includes(Candidate proxy, String salt) {
      return proxy.id().equals(id);
    }
  }

  /** The proxies of a zone. */
  record Zone(String name, String zone) implements Stage {
    @Override
    public String selector() {
      return "zone:" + zone;
    }

    @Override
    public boolean includes(Candidate proxy, String salt) {
      return proxy.zone().equals(zone);
    }
  }

  /**
   * A share of all proxies, by a hash of their ids: whoever comes and goes moves nobody else.
   *
   * @param share in hundredths of a percent, 1 to 9,999
   */
  record Percent(String name, int share) implements Stage {
    @Override
    public String selector() {
      return BigDecimal.valueOf(share, 2).stripTrailingZeros().toPlainString() + "%";
    }

    @Override
    public boolean includes(Candidate proxy, String salt) {
      return bucket(proxy.id(), salt) < share;
    }
  }

  /** Every proxy. */
  record All(String name) implements Stage {
    @Override
    public String selector() {
      return "all";
    }

    @Override
    public boolean includes(Candidate proxy, String salt) {
      return true;
    }
  }

  /** The most stages that a rollout has. */
  int MOST = 20;

  /**
   * Where a proxy stands among all of a rollout, 0 to 9,999.
   *
   * @param salt another one for each rollout, so that not the same proxies are always the first
   */
  static int bucket(String id, String salt) {
    CRC32C crc = new CRC32C();
    crc.update((salt + "/" + id).getBytes(StandardCharsets.UTF_8));
    return (int) (crc.getValue() % 10_000);
  }

  /**
   * Reads stages that are separated by commas.
   *
   * @throws IllegalArgumentException naming the stage, what is wrong and what is expected
   */
  static List<Stage> parseAll(String text) {
    List<Stage> stages = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      stages.add(parse(one.strip(), stages.size()));
    }
    check(stages);
    return List.copyOf(stages);
  }

  /**
   * Reads one, wherever it stands.
   *
   * @throws IllegalArgumentException naming what is wrong and what is expected
   */
  static Stage parseOne(String text) {
    return parse(text, 0);
  }

  /** As {@link #parseAll} reads it. */
  static String format(List<Stage> stages) {
    List<String> texts = new ArrayList<>();
    for (Stage stage : stages) {
      boolean named = !stage.name().equals(stage.selector());
      texts.add((named ? stage.name() + "=" : "") + stage.selector());
    }
    return String.join(",", texts);
  }

  private static void check(List<Stage> stages) {
    if (stages.size() > MOST) {
      throw new IllegalArgumentException(
          "stages: " + stages.size() + " (expected: at most " + MOST + ")");
    }
    Set<String> names = new HashSet<>();
    int share = 0;
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      if (!names.add(stage.name())) {
        throw refused(i, stage.name(), "another name than an earlier stage");
      }
      boolean last = i == stages.size() - 1;
      if (stage instanceof All != last) {
        throw refused(i, stage.selector(), last ? "all as the last stage" : "all only at the end");
      }
      if (stage instanceof Percent percent) {
        if (percent.share() <= share) {
          throw refused(i, stage.selector(), "a larger share than before");
        }
        share = percent.share();
      }
    }
  }

  private static Stage parse(String text, int index) {
    String selector = text;
    Optional<String> own = Syntax.nameOf(text);
    if (own.isPresent()) {
      selector = text.substring(own.get().length() + 1);
    }
    String name = own.orElse(selector);
    int colon = selector.indexOf(':');
    String value = colon < 0 ? "" : selector.substring(colon + 1);
    if (selector.equals("all")) {
      return new All(name);
    }
    if (Syntax.PERCENT.matcher(selector).matches()) {
      int share =
          new BigDecimal(selector.substring(0, selector.length() - 1)).movePointRight(2).intValue();
      if (share < 1 || share >= 10_000) {
        throw refused(index, text, "more than 0% and less than 100%; all for every proxy");
      }
      return new Percent(own.orElse(new Percent("", share).selector()), share);
    }
    if (selector.length() <= Syntax.LONGEST && !value.isEmpty()) {
      int equals = value.indexOf('=');
      switch (selector.substring(0, colon)) {
        case "label" -> {
          if (equals != 0 && equals != value.length() - 1) {
            return equals < 0
                ? new Label(name, value, "")
                : new Label(name, value.substring(0, equals), value.substring(equals + 1));
          }
        }
        case "proxy" -> {
          return new Proxy(name, value);
        }
        case "zone" -> {
          return new Zone(name, value);
        }
        default -> {
          // refused below
        }
      }
    }
    throw refused(
        index,
        text,
        "[NAME=] and label:KEY[=VALUE], proxy:ID, zone:ZONE, a share such as 10%, or all");
  }

  private static IllegalArgumentException refused(int index, String offending, String expected) {
    String shown =
        offending.substring(0, Math.min(offending.length(), 100)).replaceAll("\\p{Cntrl}", "?");
    return new IllegalArgumentException(
        "stages[" + index + "]: \"" + shown + "\" (expected: " + expected + ")");
  }

  /** The patterns of the text. */
  final class Syntax {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][-_.a-zA-Z0-9]{0,62}");
    private static final Pattern PERCENT = Pattern.compile("\\d{1,3}(\\.\\d{1,2})?%");
    private static final int LONGEST = 600;

    private Syntax() {}

    /** What stands before the first equals sign, where it is a name and no part of a selector. */
    private static Optional<String> nameOf(String text) {
      int equals = text.indexOf('=');
      String before = equals < 0 ? "" : text.substring(0, equals);
      return NAME.matcher(before).matches() ? Optional.of(before) : Optional.empty();
    }
  }
}
