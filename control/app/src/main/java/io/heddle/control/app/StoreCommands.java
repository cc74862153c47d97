package io.heddle.control.app;

import io.heddle.control.api.store.StoreException;
import io.heddle.control.core.shared.EtcdConfig;
import io.heddle.control.core.shared.EtcdKeys;
import io.heddle.control.core.shared.SharedKeysException;
import io.heddle.control.core.store.SharedImport;
import io.heddle.control.core.store.StoreBackup;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The verbs {@code backup}, {@code restore}, {@code compact} and {@code migrate}: what is done with
 * the files of a store, by whoever may read or write them, without a control plane.
 */
final class StoreCommands {
  private static final Set<String> VERBS = Set.of("backup", "restore", "compact", "migrate");
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 64;

  private final PrintStream out;
  private final PrintStream err;
  private final InstantSource clock;

  StoreCommands(PrintStream out, PrintStream err, InstantSource clock) {
    this.out = out;
    this.err = err;
    this.clock = clock;
  }

  /** Whether a word is one of these verbs. */
  static boolean knows(String word) {
    return VERBS.contains(word);
  }

  /** What the command line says. */
  private static final class Given {
    Path state = Path.of(ControlOptions.DEFAULT_STATE);
    boolean force;
    final Map<String, String> store = new HashMap<>();
    final List<Path> files = new ArrayList<>();
  }

  /**
   * Does it.
   *
   * @param arguments the verb first
   * @return 0 done, 1 failed, 64 wrong usage
   */
  int run(List<String> arguments) {
    String verb = arguments.getFirst();
    if (arguments.contains("--help") || arguments.contains("-h")) {
      out.print(usage(verb));
      return OK;
    }
    try {
      Given given = parse(verb, arguments.subList(1, arguments.size()));
      Path store = given.state.resolve("store");
      switch (verb) {
        case "backup" -> backup(store, given.files.getFirst());
        case "restore" -> restore(store, given.files.getFirst(), given.force);
        case "migrate" -> migrate(given);
        default -> compact(store);
      }
      return OK;
    } catch (IllegalArgumentException e) {
      err.println("heddle " + verb + ": " + e.getMessage());
      err.println("See: heddle " + verb + " --help");
      return USAGE;
    } catch (StoreException | IOException e) {
      err.println("heddle " + verb + ": " + e.getMessage());
      return FAILED;
    }
  }

  private static Given parse(String verb, List<String> arguments) {
    Given given = new Given();
    for (int i = 0; i < arguments.size(); i++) {
      String word = arguments.get(i);
      if (word.equals("--state") && i + 1 < arguments.size()) {
        given.state = Path.of(arguments.get(++i));
      } else if (word.startsWith("--state=")) {
        given.state = Path.of(word.substring("--state=".length()));
      } else if (word.equals("--force") && verb.equals("restore")) {
        given.force = true;
      } else if (verb.equals("migrate")
          && ControlOptions.STORE_OPTIONS.contains(word)
          && i + 1 < arguments.size()) {
        given.store.put(word, arguments.get(++i));
      } else if (word.startsWith("-")) {
        throw new IllegalArgumentException(
            word
                + ": unknown, or without a value (expected: --state DIR"
                + (verb.equals("restore") ? " or --force)" : ")"));
      } else {
        given.files.add(Path.of(word));
      }
    }
    int expected = verb.equals("compact") || verb.equals("migrate") ? 0 : 1;
    if (given.files.size() != expected) {
      throw new IllegalArgumentException(
          "FILE: " + given.files.size() + " given (expected: " + expected + ")");
    }
    return given;
  }

  private void backup(Path store, Path file) {
    StoreBackup.Summary made = StoreBackup.backup(store, file, clock);
    out.printf(
        "%s: revision %d, %d objects, %d past changes; it holds the keys of Secrets, too%n",
        file, made.revision(), made.objects(), made.changes());
  }

  private void restore(Path store, Path file, boolean force) {
    StoreBackup.Summary done = StoreBackup.restore(store, file, force);
    out.printf(
        "%s: %d objects and %d past changes of %s, at revision %d%n",
        store, done.objects(), done.changes(), done.at(), done.revision());
  }

  private void compact(Path store) {
    StoreBackup.Compaction done = StoreBackup.compact(store);
    out.printf("%s: %d bytes, before %d%n", store, done.after(), done.before());
  }

  /** The tokens and the authority first: a control plane starts when the store is there. */
  private void migrate(Given given) throws IOException {
    EtcdConfig config =
        ControlOptions.shared(given.store)
            .orElseThrow(
                () -> new IllegalArgumentException("--store: absent (expected: etcd://HOST:PORT)"));
    try (EtcdKeys keys = EtcdKeys.open(config)) {
      StoreBackup.Summary moved =
          SharedImport.move(
              given.state.resolve("store"), keys, () -> shareAccess(given.state, keys));
      out.printf(
          "%s: %d objects and %d past changes, at revision %d; start control planes with --store"
              + " %s%n",
          config, moved.objects(), moved.changes(), moved.revision(), config);
    } catch (SharedKeysException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static void shareAccess(Path state, EtcdKeys keys) throws IOException {
    Optional<String> tokens = new OwnText(state.resolve("tokens.json")).read();
    if (tokens.isPresent()) {
      SharedText shared = new SharedText(keys, SharedText.TOKENS);
      if (shared.read().isEmpty() && !shared.replace(tokens.get())) {
        throw new IOException(shared.describe() + ": was written by somebody meanwhile");
      }
    }
    Path folder = state.resolve("tls");
    if (Files.exists(folder.resolve("ca.pem")) && Files.exists(folder.resolve("ca.key"))) {
      SharedAuthority.share(keys, folder);
    }
  }

  private static String usage(String verb) {
    String what =
        switch (verb) {
          case "backup" ->
              """
              Usage: heddle backup [--state DIR] FILE

              Writes what the embedded store holds to a new file, also while a control plane
              runs on it: objects with the keys of Secrets, and their history, of one revision.
              Tokens and certificates are files of their own (tokens.json, tls/).
              """;
          case "restore" ->
              """
              Usage: heddle restore [--state DIR] [--force] FILE

              Makes the embedded store hold what a backup does, whole or not at all. The control
              plane must not run. A store that holds writes, or is damaged, is replaced only
              with --force; the files of a damaged one are kept under other names.
              """;
          case "migrate" ->
              """
              Usage: heddle migrate --store etcd://HOST:PORT[,HOST:PORT...][/PREFIX] [OPTIONS]

              Moves what the embedded store holds, with tokens and authority, into an etcd that
              several control planes share. The control plane must not run; its store is left
              as it is. Takes --etcd-ca, --etcd-cert, --etcd-key and --etcd-credentials as
              `heddle control` does.
              """;
          default ->
              """
              Usage: heddle compact [--state DIR]

              Writes the file of the embedded store anew without what is dead in it. The control
              plane must not run; one that runs does so by itself when most of the file is dead.
              """;
        };
    return what
        + """

          --state DIR   folder of the control plane; default: .heddle/control
          --help        this text

        Exit codes: 0 done, 1 failed, 64 wrong usage.
        """;
  }
}
