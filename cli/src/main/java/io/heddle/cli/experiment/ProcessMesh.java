package io.heddle.cli.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.heddle.cli.api.ControlPlane;
import io.heddle.cli.api.ControlPlaneException;
import io.heddle.cli.output.CommandFailure;
import io.heddle.cli.output.Finding;
import io.heddle.cli.process.ChildStarter;
import io.heddle.cli.process.ChildStarter.Child;
import io.heddle.cli.process.FreePorts;
import io.heddle.cli.process.Programs;
import io.heddle.cli.process.Programs.Program;
import io.heddle.cli.process.RunFolder;
import io.heddle.cli.up.Guard;
import io.heddle.cli.up.MeshEnder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/**
 * A mesh of processes on this machine, on free ports and with a state folder of its own. One
 * thread.
 */
final class ProcessMesh implements ExperimentMesh {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration SYNC_PATIENCE = Duration.ofSeconds(20);
  private static final Duration BETWEEN = Duration.ofMillis(25);
  private static final Map<String, String> SMALL_ARENAS = Map.of("MALLOC_ARENA_MAX", "1");

  private final Programs programs;
  private final RunFolder folder;
  private final ChildStarter starter;
  private final FreePorts ports = new FreePorts(new SplittableRandom());
  private final int api = ports.next();
  private final int xds = ports.next();
  private final int gateway = ports.next();
  private final ControlPlane control = new ControlPlane(URI.create("http://127.0.0.1:" + api));
  private final Map<String, Child> children = new LinkedHashMap<>();
  private final Map<String, Integer> outbound = new LinkedHashMap<>();

  /** Ends all of it where this process is killed. */
  private final Guard guard;

  private ProcessMesh(Programs programs, Path state) throws IOException {
    this.programs = programs;
    folder = new RunFolder(state);
    starter = new ChildStarter(folder);
    folder.create();
    guard = Guard.start(programs, starter, state, folder.logOf("guard"));
  }

  /**
   * Starts one, with the objects in force and every sidecar serving.
   *
   * @param objects with {@code $GATEWAY_PORT} for the gateway's port
   * @param callers backends with a sidecar
   */
  static ProcessMesh start(Programs programs, Path state, String objects, List<Backend> callers)
      throws IOException {
    ProcessMesh mesh = new ProcessMesh(programs, state);
    try {
      mesh.startControl();
      mesh.startGateway();
      for (Backend backend : callers) {
        mesh.startSidecar(backend);
      }
      mesh.await("control", mesh.control::ready);
      mesh.apply(objects);
      mesh.await("gateway", () -> answers(mesh.gateway));
      for (Backend backend : callers) {
        mesh.await(backend.service(), () -> answers(mesh.outbound(backend.service()).getPort()));
        mesh.await(backend.service(), () -> mesh.registered(backend.service()));
      }
      return mesh;
    } catch (IOException | RuntimeException e) {
      mesh.close();
      throw e;
    }
  }

  private void startControl() throws IOException {
    start(
        "control",
        Program.CONTROL,
        List.of(
            "control",
            "--api-address",
            local(api),
            "--xds-address",
            local(xds),
            "--state",
            folder.state().resolve("control").toString()));
  }

  private void startGateway() throws IOException {
    start(
        "gateway",
        Program.MESH,
        List.of(
            "gateway",
            "--name",
            "edge",
            "--control",
            local(xds),
            "--bind",
            "127.0.0.1",
            "--admin-port",
            Integer.toString(ports.next()),
            "--state",
            folder.state().resolve("gateway").toString()));
  }

  private void startSidecar(Backend backend) throws IOException {
    int port = ports.next();
    outbound.put(backend.service(), port);
    start(
        backend.service(),
        Program.MESH,
        List.of(
            "sidecar",
            "--service",
            backend.service(),
            "--port",
            Integer.toString(backend.port()),
            "--control",
            local(xds),
            "--instance",
            backend.service() + "-1",
            "--inbound-port",
            Integer.toString(ports.next()),
            "--outbound-port",
            Integer.toString(port),
            "--admin-port",
            Integer.toString(ports.next()),
            "--state",
            folder.state().resolve(backend.service()).toString()));
  }

  private void start(String name, Program program, List<String> arguments) throws IOException {
    String role =
        switch (program) {
          case CONTROL -> "control";
          case MESH -> name.equals("gateway") ? "gateway" : "sidecar";
          case PROXY, TLS, CLI, DEMO -> "service";
        };
    children.put(
        name,
        starter.start(name, role, programs.command(program, arguments), SMALL_ARENAS, Map.of()));
  }

  @Override
  public InetSocketAddress gateway() {
    return address(gateway);
  }

  @Override
  public InetSocketAddress outbound(String service) {
    Integer port = outbound.get(service);
    if (port == null) {
      throw new IllegalArgumentException(service + " (expected: a service with a sidecar)");
    }
    return address(port);
  }

  @Override
  public void apply(String documents) {
    ControlPlane.Answer answer =
        control.apply(
            "experiment.yaml", documents.replace("$GATEWAY_PORT", Integer.toString(gateway)));
    if (!answer.ok()) {
      throw failure("experiment.yaml", "the control plane refuses its objects: " + answer.body());
    }
    ObjectNode question =
        JsonNodeFactory.instance
            .objectNode()
            .put("revision", answer.body().path("revision").asText());
    ArrayNode objects = question.putArray("objects");
    for (JsonNode result : answer.body().path("results")) {
      objects
          .addObject()
          .put("kind", result.path("kind").asText())
          .put("namespace", result.path("namespace").asText("default"))
          .put("name", result.path("name").asText());
    }
    awaitSync(question);
  }

  private void awaitSync(ObjectNode question) {
    long deadline = System.nanoTime() + SYNC_PATIENCE.toNanos();
    while (true) {
      JsonNode answer = control.sync(question);
      if (answer.path("rejected").asInt() > 0) {
        throw failure("experiment.yaml", "a proxy refuses its objects: " + answer);
      }
      if (answer.path("published").asBoolean() && answer.path("behind").asInt() == 0) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw failure("experiment.yaml", "its objects are not in force: " + answer);
      }
      pause();
    }
  }

  @Override
  public void delete(String plural, String name) {
    try {
      control
          .delete(plural, "default", name, true)
          .ifPresent(finding -> {
            throw failure(plural + "/" + name, finding.message());
          });
    } catch (ControlPlaneException e) {
      throw failure(plural + "/" + name, e.finding().message());
    }
  }

  private boolean registered(String service) {
    for (JsonNode one : control.status().path("services")) {
      if (one.path("name").asText().equals(service)) {
        for (JsonNode instance : one.path("instances")) {
          if (instance.path("health").asText().equals("Healthy")) {
            return true;
          }
        }
      }
    }
    return false;
  }

  @Override
  public void kill(String process) {
    Child child = children.remove(process);
    if (child == null) {
      throw new IllegalArgumentException(process + " (expected: control or gateway, running)");
    }
    child.process().destroyForcibly();
  }

  @Override
  public void restart(String process) throws IOException {
    switch (process) {
      case "control" -> {
        startControl();
        await("control", control::ready);
      }
      case "gateway" -> {
        startGateway();
        await("gateway", () -> answers(gateway));
      }
      default -> throw new IllegalArgumentException(process + " (expected: control or gateway)");
    }
  }

  private void await(String process, BooleanSupplier done) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!done.getAsBoolean()) {
      for (Child child : children.values()) {
        if (!child.process().isAlive()) {
          throw failure(child.record().name(), "it ended; its log: " + child.record().log());
        }
      }
      if (System.nanoTime() > deadline) {
        throw failure(
            process,
            "not ready within "
                + PATIENCE.toSeconds()
                + " s; logs: "
                + folder.state().resolve("logs"));
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(BETWEEN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the mesh", e);
    }
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(address(port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static CommandFailure failure(String what, String why) {
    return new CommandFailure(Finding.NOT_READY.about(what, why));
  }

  private static InetSocketAddress address(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private static String local(int port) {
    return "127.0.0.1:" + port;
  }

  /** Ends every process of it. */
  @Override
  public void close() throws IOException {
    new MeshEnder(folder).end();
    guard.close();
  }
}
