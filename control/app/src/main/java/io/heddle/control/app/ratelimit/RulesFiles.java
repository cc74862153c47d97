package io.heddle.control.app.ratelimit;

import io.heddle.control.app.ratelimit.LimitRulesReader.BadRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rules in files, read again when one of them changes; what is wrong leaves those before. */
final class RulesFiles {
  private static final Logger LOG = LoggerFactory.getLogger(RulesFiles.class);

  private final List<Path> places;
  private volatile LimitRules rules;
  private Map<String, String> texts; // Of the thread that looks.

  /** Reads them. */
  RulesFiles(List<Path> places) throws IOException, BadRules {
    this.places = List.copyOf(places);
    this.texts = read();
    this.rules = LimitRulesReader.read(texts);
  }

  LimitRules rules() {
    return rules;
  }

  /** Looks whether they have changed; one thread at a time. */
  void look() {
    try {
      Map<String, String> now = read();
      if (now.equals(texts)) {
        return;
      }
      texts = now;
      rules = LimitRulesReader.read(now);
      LOG.info("Rules read again: domains {}", rules.domains().keySet());
    } catch (IOException | BadRules wrong) {
      LOG.warn("The rules that were there stay: {}", wrong.getMessage());
    }
  }

  private Map<String, String> read() throws IOException {
    Map<String, String> found = new TreeMap<>();
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        try (Stream<Path> files = Files.list(place)) {
          for (Path file : files.filter(RulesFiles::isRules).toList()) {
            found.put(file.toString(), Files.readString(file));
          }
        }
      } else {
        found.put(place.toString(), Files.readString(place));
      }
    }
    return found;
  }

  private static boolean isRules(Path file) {
    String name = file.getFileName().toString();
    return (name.endsWith(".yaml") || name.endsWith(".yml")) && !name.startsWith(".");
  }
}
