package io.heddle.cli.up;

import io.heddle.cli.process.ProcessEnder;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.process.RunRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends what {@code up} started, in the order in which requests flow: the gateway takes nothing new
 * in before the services behind it go, and the control plane goes last.
 */
public final class MeshEnder {
  private static final Duration PATIENCE = Duration.ofSeconds(6);
  private static final List<String> ORDER = List.of("gateway", "sidecar", "service", "control");

  private final RunFolder folder;
  private final ProcessEnder ender = new ProcessEnder(PATIENCE);

  public MeshEnder(RunFolder folder) {
    this.folder = folder;
  }

  /** Ends recorded and marked processes and forgets the records; answers with what was ended. */
  public List<String> end() {
    List<String> ended = new ArrayList<>();
    List<RunRecord> records = folder.readAll();
    for (String role : ORDER) {
      ended.addAll(ender.end(records.stream().filter(r -> r.role().equals(role)).toList()));
    }
    // What scripts started again, and what the services themselves started.
    ender.endMarked(folder.state()).forEach(pid -> ended.add("pid " + pid));
    folder.clear();
    return ended;
  }
}
