package io.heddle.xds.client;

import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.ResourceType;
import io.heddle.xds.model.SourceConfig;
import io.heddle.xds.model.parse.TextProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads resources from a file, again whenever another is moved into its place. What cannot be read
 * leaves in force what was there before.
 */
public final class FileFeed implements ResourceFeed {
  private static final Logger LOG = LoggerFactory.getLogger(FileFeed.class);

  private final Path file;
  private final Path watchedFolder;
  private final Watches watches;
  private final XdsScheduler scheduler;
  private final ClientLimits limits;
  private final WholeState whole;
  private @Nullable AutoCloseable watch;
  private boolean started;
  private boolean ended;

  /** Where the feed learns that something changed. */
  public interface Watches {
    /**
     * Runs the task, on any thread, after the entry of its folder was replaced; the file itself
     * where the folder is empty, otherwise any entry of the folder.
     *
     * @throws IOException where the folder cannot be watched
     */
    AutoCloseable watch(Path file, Path folder, Runnable task) throws IOException;
  }

  /** A feed that has not read anything yet. */
  public FileFeed(
      ResourceType type,
      SourceConfig.Origin.File origin,
      ResourceSink sink,
      ClientLimits limits,
      ParseOptions options,
      XdsScheduler scheduler,
      Watches watches) {
    this.file = Path.of(origin.path());
    this.watchedFolder = Path.of(origin.watchedDirectory());
    this.scheduler = scheduler;
    this.limits = limits;
    this.watches = watches;
    this.whole = new WholeState(type, sink, limits, options, scheduler);
  }

  @Override
  public void start() {
    started = true;
    try {
      watch = watches.watch(file, watchedFolder, () -> scheduler.execute(this::read));
    } catch (IOException e) {
      LOG.warn("{} is not watched: {}", file, e.toString());
    }
    scheduler.execute(this::read);
  }

  @Override
  public void subscribe(Set<String> names) {
    if (whole.want(names) && started) {
      scheduler.execute(this::read);
    }
  }

  private void read() {
    if (ended || whole.state.wanted.isEmpty()) {
      return;
    }
    whole.state.stats.attempt.incrementAndGet();
    try {
      long size = Files.size(file);
      if (size > limits.maxMessageBytes()) {
        throw new IOException(
            "found " + size + " bytes, expected at most " + limits.maxMessageBytes());
      }
      byte[] content = Files.readAllBytes(file);
      String name = file.toString();
      String refusal;
      if (name.endsWith(".pb")) {
        refusal = whole.take(DiscoveryResponse.parseFrom(content));
      } else {
        String text = new String(content, StandardCharsets.UTF_8);
        refusal = name.endsWith(TextProto.SUFFIX) ? whole.takeTextFormat(text) : whole.take(text);
      }
      if (!refusal.isEmpty()) {
        LOG.warn("{}: {}", file, refusal);
      }
    } catch (IOException e) {
      whole.failed();
      LOG.warn("{}: {}", file, e.toString());
    }
  }

  @Override
  public void end() {
    ended = true;
    whole.end();
    if (watch != null) {
      try {
        watch.close();
      } catch (Exception e) {
        LOG.debug("Ending a watch", e);
      }
    }
  }

  @Override
  public XdsStats stats() {
    return whole.stats;
  }

  @Override
  public LastGood accepted() {
    return whole.accepted();
  }
}
