package io.heddle.cli.experiment;

import io.heddle.cli.experiment.Observed.Sample;
import io.heddle.cli.experiment.Report.Event;
import io.heddle.cli.experiment.Report.Side;
import io.heddle.cli.experiment.Scenario.Check;
import io.heddle.cli.experiment.Scenario.Judgement;
import io.heddle.cli.experiment.Scenario.Party;
import io.heddle.cli.experiment.Scenario.Stage;
import io.heddle.cli.experiment.Scenario.Step;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Runs scenarios. One thread at a time. */
final class Experiment {
  /** Requests that are under way at once, at most. */
  private static final int MOST_UNDER_WAY = 4_096;

  /** How long the first requests, which find cold code and no connections, go uncounted. */
  private static final Duration WARM_UP = Duration.ofSeconds(1);

  /** How long a mesh may take to come to rest, and what shows that it has. */
  private static final Duration REST = Duration.ofSeconds(15);

  private static final int IN_A_ROW = 20;
  private static final Duration BETWEEN = Duration.ofMillis(50);

  private final Opener opener;
  private final Consumer<String> progress;

  /** Starts the mesh of an experiment. */
  interface Opener {
    /**
     * Makes one.
     *
     * @param objects with {@code $GATEWAY_PORT} for the gateway's port
     * @param callers backends that have a sidecar
     */
    ExperimentMesh open(String objects, List<Backend> callers)
        throws IOException, InterruptedException;
  }

  /**
   * Experiments.
   *
   * @param progress is told what goes on
   */
  Experiment(Opener opener, Consumer<String> progress) {
    this.opener = opener;
    this.progress = progress;
  }

  /** Runs a scenario without governance and with it, on one mesh. */
  Report run(Scenario scenario, Settings settings) throws IOException, InterruptedException {
    Map<String, List<Backend>> backends = new LinkedHashMap<>();
    try {
      List<Backend> callers = new ArrayList<>();
      for (Party party : scenario.parties(settings)) {
        List<Backend> instances = new ArrayList<>();
        for (int i = 0; i < party.instances(); i++) {
          instances.add(new Backend(party.setup(), settings.seed() + i));
        }
        backends.put(party.setup().service(), instances);
        if (party.sidecar()) {
          callers.add(instances.getFirst());
        }
      }
      progress.accept(scenario.name() + ": starting a mesh");
      String objects =
          MeshObjects.of(backends, callers)
              + scenario.routes()
              + scenario.policies(settings, Governance.WITHOUT);
      try (ExperimentMesh mesh = opener.open(objects, callers)) {
        callers.forEach(backend -> backend.outbound(mesh.outbound(backend.service())));
        Stage stage = new Stage(mesh, backends);
        List<Side> sides = new ArrayList<>();
        for (Governance governance : Governance.values()) {
          sides.add(side(scenario, settings, governance, stage));
        }
        return new Report(scenario.name(), scenario.summary(), settings, sides);
      }
    } finally {
      for (List<Backend> instances : backends.values()) {
        for (Backend backend : instances) {
          backend.close();
        }
      }
    }
  }

  private Side side(Scenario scenario, Settings settings, Governance governance, Stage stage)
      throws IOException, InterruptedException {
    String policies = scenario.policies(settings, governance);
    if (!policies.isBlank()) {
      stage.mesh().apply(policies);
    }
    try (Doors doors = new Doors(stage.mesh());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        return new Run(scenario, settings, governance, stage, doors, threads, progress).side();
      } finally {
        // Whoever still waits is let go, so that the threads end.
        stage.backends().values().forEach(instances -> instances.forEach(Backend::forget));
        threads.shutdownNow();
      }
    }
  }

  /** The clients' connections. */
  private record Doors(HttpCaller gateway, Map<String, HttpCaller> sidecars, ExperimentMesh mesh)
      implements Caller, Closeable {
    Doors(ExperimentMesh mesh) {
      this(new HttpCaller(mesh.gateway()), new ConcurrentHashMap<>(), mesh);
    }

    @Override
    public Outcome call(Load load, Duration left) {
      HttpCaller caller =
          switch (load.at()) {
            case GATEWAY -> gateway;
            case SIDECAR ->
                sidecars.computeIfAbsent("web", service -> new HttpCaller(mesh.outbound(service)));
          };
      return caller.get(load.host(), load.path(), load.headers(), left);
    }

    @Override
    public void close() {
      gateway.close();
      sidecars.values().forEach(HttpCaller::close);
    }
  }

  /** One run. */
  private record Run(
      Scenario scenario,
      Settings settings,
      Governance governance,
      Stage stage,
      Caller caller,
      ExecutorService threads,
      Consumer<String> progress) {
    Side side() throws InterruptedException {
      Phases phases = settings.phases();
      Map<Load, Series> loads = new LinkedHashMap<>();
      Map<Load, Series> warmUp = new LinkedHashMap<>();
      Map<String, Series> named = new LinkedHashMap<>();
      for (Load load : scenario.loads(settings, governance)) {
        Series series = new Series(phases.slice(), phases.length());
        loads.put(load, series);
        named.put(load.name(), series);
        warmUp.put(load, new Series(WARM_UP, WARM_UP));
      }
      comeToRest();
      LoadGenerator generator = new LoadGenerator(Pace.REAL, caller, threads, MOST_UNDER_WAY);
      generator.run(warmUp, System.nanoTime(), WARM_UP, settings.seed());
      long start = System.nanoTime();
      List<Event> events = new ArrayList<>();
      Map<String, List<Sample>> samples = new LinkedHashMap<>();
      Future<?> director = threads.submit(() -> direct(start, events));
      Future<?> sampler = threads.submit(() -> sample(start, phases, samples));
      Future<?> teller = threads.submit(() -> tell(start, phases, named));
      generator.run(loads, start, phases.length(), settings.seed());
      // The last ones have their deadlines, after which nothing of theirs is under way.
      awaitAnswers(generator);
      await(director);
      await(sampler);
      await(teller);
      Observed observed = new Observed(phases, named, samples);
      List<Judgement> judgements = new ArrayList<>();
      for (Check check : scenario.checks(settings)) {
        judgements.add(check.of(observed));
      }
      return new Side(governance, observed, events, judgements);
    }

    /** What the run before left is gone once several requests in a row are answered at once. */
    private void comeToRest() throws InterruptedException {
      long end = System.nanoTime() + REST.toNanos();
      for (Load load : scenario.loads(settings, governance)) {
        int row = 0;
        while (row < IN_A_ROW && System.nanoTime() < end) {
          if (caller.call(load, load.deadline()) == Outcome.OK) {
            row++;
          } else {
            row = 0;
            Pace.REAL.sleepUntil(System.nanoTime() + BETWEEN.toNanos());
          }
        }
      }
    }

    private void awaitAnswers(LoadGenerator generator) throws InterruptedException {
      Duration longest = Duration.ZERO;
      for (Load load : scenario.loads(settings, governance)) {
        longest = load.deadline().compareTo(longest) > 0 ? load.deadline() : longest;
      }
      long end = System.nanoTime() + longest.plusSeconds(1).toNanos();
      while (generator.underWay() > 0 && System.nanoTime() < end) {
        Pace.REAL.sleepUntil(System.nanoTime() + Duration.ofMillis(10).toNanos());
      }
    }

    private static void await(Future<?> task) throws InterruptedException {
      try {
        task.get();
      } catch (ExecutionException e) {
        throw e.getCause() instanceof RuntimeException failure
            ? failure
            : new IllegalStateException("a step of the experiment failed", e.getCause());
      }
    }

    private Void direct(long start, List<Event> events) throws IOException, InterruptedException {
      for (Step step : scenario.steps(settings)) {
        Pace.REAL.sleepUntil(start + step.at().toNanos());
        events.add(new Event(step.at().toNanos() / 1e9, step.what()));
        progress.accept(governance.text() + ": " + step.what());
        step.action().on(stage);
      }
      return null;
    }

    private Void sample(long start, Phases phases, Map<String, List<Sample>> samples)
        throws InterruptedException {
      Map<String, Integer> before = new LinkedHashMap<>();
      double width = phases.slice().toNanos() / 1e9;
      int count = (int) (phases.length().toNanos() / phases.slice().toNanos());
      for (int i = 0; i < count; i++) {
        Pace.REAL.sleepUntil(start + phases.slice().multipliedBy(i).toNanos());
        if (i == 0) {
          instances().forEach((name, backend) -> before.put(name, backend.received()));
        }
        Pace.REAL.sleepUntil(start + phases.slice().multipliedBy(i + 1).toNanos());
        double at = i * width;
        instances()
            .forEach((name, backend) -> {
              int received = backend.received();
              int last = before.getOrDefault(name, 0);
              before.put(name, received);
              samples
                  .computeIfAbsent(name, _ -> new ArrayList<>())
                  .add(new Sample(at, (received - last) / width, backend.busy()));
            });
      }
      return null;
    }

    private Map<String, Backend> instances() {
      Map<String, Backend> instances = new LinkedHashMap<>();
      stage
          .backends()
          .forEach((service, all) -> {
            for (int i = 0; i < all.size(); i++) {
              instances.put(service + "-" + (i + 1), all.get(i));
            }
          });
      return instances;
    }

    /** A line every few seconds. */
    private Void tell(long start, Phases phases, Map<String, Series> loads)
        throws InterruptedException {
      Duration between = Duration.ofSeconds(2);
      for (Duration at = between; at.compareTo(phases.length()) <= 0; at = at.plus(between)) {
        Pace.REAL.sleepUntil(start + at.toNanos());
        Window last = new Window(at.minus(between), at);
        StringBuilder line = new StringBuilder(governance.text()).append(':');
        loads.forEach((name, series) -> {
          Series.Totals totals = series.between(last);
          line.append(' ')
              .append(name)
              .append(' ')
              .append(Checks.percent(totals.success()))
              .append(" ok, p99 ")
              .append(Checks.millis(totals.p99()))
              .append(';');
        });
        progress.accept(line.substring(0, line.length() - 1));
      }
      return null;
    }
  }
}
