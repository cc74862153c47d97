package io.heddle.proxy.engine.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.FieldSection;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.codec.Trailers;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.HealthCheck;
import io.heddle.xds.model.HealthCheck.Probe;
import io.heddle.xds.model.HealthCheck.Statuses;
import io.heddle.xds.model.StringMatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a host over HTTP, and how its answer is judged. Immutable.
 *
 * <p>As Envoy does: an answer of gRPC that cannot be one is judged by its head alone, and every
 * other when it is whole.
 */
sealed interface HttpAsked {
  /** A host answers with it that it must not count at all. */
  HeaderName IMMEDIATE_FAIL = HeaderName.of("x-envoy-immediate-health-check-fail");

  /** What became of it. */
  record Verdict(boolean well, boolean degraded, boolean repeatable, boolean leaveOut) {
    static final Verdict WELL = new Verdict(true, false, false, false);
    static final Verdict DEGRADED = new Verdict(true, true, false, false);
    static final Verdict UNWELL = new Verdict(false, false, false, false);
  }

  /** Fills the request's head. */
  void fill(RequestHead head, String authority, boolean secure);

  /** The request's body; empty for none. */
  ByteString body();

  /** So many bytes of the response's body are looked at. */
  int bodyMost();

  /** What the head alone decides; null where it does not. */
  @Nullable Verdict early(ResponseHead head, boolean end);

  /** What the whole response decides. */
  Verdict judge(ResponseHead head, ByteString body, @Nullable Trailers trailers);

  /** A request of one's own making. */
  record Plain(Probe.Http probe, Runnable verified) implements HttpAsked {
    private static final int MOST = 1 << 20;
    private static final HeaderName DEGRADED = HeaderName.of("x-envoy-degraded");
    private static final HeaderName SERVICE =
        HeaderName.of("x-envoy-upstream-healthchecked-cluster");

    @Override
    public void fill(RequestHead head, String authority, boolean secure) {
      begin(head, probe.method(), probe.path(), authority, secure);
      edit(head, probe.headers());
    }

    @Override
    public ByteString body() {
      return probe.body();
    }

    @Override
    public int bodyMost() {
      if (probe.receive().isEmpty()) {
        return 0;
      }
      return probe.receiveMost() == 0 ? MOST : (int) Math.min(MOST, probe.receiveMost());
    }

    @Override
    public @Nullable Verdict early(ResponseHead head, boolean end) {
      return null;
    }

    @Override
    public Verdict judge(ResponseHead head, ByteString body, @Nullable Trailers trailers) {
      boolean leaveOut = head.contains(IMMEDIATE_FAIL);
      if (!Payloads.match(probe.receive(), body)) {
        return new Verdict(false, false, false, leaveOut);
      }
      if (!include(probe.expected(), head.status())) {
        return new Verdict(false, false, include(probe.retriable(), head.status()), leaveOut);
      }
      if (probe.service().isPresent()) {
        StringMatch wanted = probe.service().get();
        verified.run();
        if (!wanted.matches(head.first(SERVICE).orElse(""))) {
          return Verdict.UNWELL;
        }
      }
      return head.contains(DEGRADED) ? Verdict.DEGRADED : Verdict.WELL;
    }

    private static boolean include(List<Statuses> ranges, int status) {
      for (Statuses range : ranges) {
        if (range.include(status)) {
          return true;
        }
      }
      return false;
    }
  }

  /** {@code grpc.health.v1.Health.Check}. */
  record Grpc(Probe.Grpc probe, HealthCheck.Times times, ByteString body) implements HttpAsked {
    private static final HeaderName TYPE = HeaderName.of("content-type");
    private static final HeaderName TIMEOUT = HeaderName.of("grpc-timeout");
    private static final HeaderName STATUS = HeaderName.of("grpc-status");
    private static final String GRPC = "application/grpc";
    private static final int PREFIX = 5;
    private static final int SERVING = 1;

    /** A status is a number below 100, and unknown fields are few. */
    private static final int MOST = 4 << 10;

    Grpc(Probe.Grpc probe, HealthCheck.Times times) {
      this(probe, times, request(probe.service()));
    }

    private static ByteString request(String service) {
      try {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(message);
        if (!service.isEmpty()) {
          out.writeString(1, service);
        }
        out.flush();
        int size = message.size();
        byte[] prefix = {
          0, (byte) (size >>> 24), (byte) (size >>> 16), (byte) (size >>> 8), (byte) size
        };
        return ByteString.copyFrom(prefix).concat(ByteString.copyFrom(message.toByteArray()));
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }

    @Override
    public void fill(RequestHead head, String authority, boolean secure) {
      begin(head, "POST", "/grpc.health.v1.Health/Check", authority, secure);
      head.set(TYPE, GRPC);
      FieldSection.append(head, "te", "trailers");
      // Eight digits at most; nobody waits longer than that many milliseconds.
      head.set(TIMEOUT, Math.min(times.timeout().toMillis(), 99_999_999) + "m");
      edit(head, probe.headers());
    }

    @Override
    public int bodyMost() {
      return MOST;
    }

    @Override
    public @Nullable Verdict early(ResponseHead head, boolean end) {
      String type = head.first(TYPE).orElse("");
      boolean grpc =
          type.startsWith(GRPC)
              && (type.length() == GRPC.length() || type.charAt(GRPC.length()) == '+');
      return !end && (head.status() != 200 || !grpc) ? Verdict.UNWELL : null;
    }

    @Override
    public Verdict judge(ResponseHead head, ByteString body, @Nullable Trailers trailers) {
      Optional<String> said = trailers == null ? head.first(STATUS) : trailers.first(STATUS);
      return GrpcStatus.of(said) == 0 && serves(body) ? Verdict.WELL : Verdict.UNWELL;
    }

    /** Whether it is one message, uncompressed, that says so. */
    private static boolean serves(ByteString body) {
      if (body.size() < PREFIX || body.byteAt(0) != 0) {
        return false;
      }
      try {
        int length = body.substring(1, PREFIX).asReadOnlyByteBuffer().getInt();
        if (length != body.size() - PREFIX) {
          return false;
        }
        CodedInputStream in = body.substring(PREFIX).newCodedInput();
        int status = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          if (tag == 8) {
            status = in.readEnum();
          } else if (!in.skipField(tag)) {
            return false;
          }
        }
        return status == SERVING;
      } catch (IOException malformed) {
        return false;
      }
    }
  }

  private static void begin(
      RequestHead head, String method, String path, String authority, boolean secure) {
    head.start(method, path, authority, secure ? "https" : "http");
    head.set(HeaderName.of("user-agent"), "Envoy/HC");
  }

  private static void edit(RequestHead head, HeaderMutations edits) {
    for (String name : edits.remove()) {
      head.remove(HeaderName.of(name));
    }
    for (HeaderMutations.Addition addition : edits.add()) {
      add(head, HeaderName.of(addition.name()), addition);
    }
  }

  private static void add(HeaderMap head, HeaderName name, HeaderMutations.Addition addition) {
    if (addition.value().isEmpty() && !addition.keepEmpty()) {
      return;
    }
    switch (addition.action()) {
      case APPEND_IF_EXISTS_OR_ADD -> head.add(name, addition.value());
      case ADD_IF_ABSENT -> {
        if (!head.contains(name)) {
          head.add(name, addition.value());
        }
      }
      case OVERWRITE_IF_EXISTS_OR_ADD -> head.set(name, addition.value());
      case OVERWRITE_IF_EXISTS -> {
        if (head.contains(name)) {
          head.set(name, addition.value());
        }
      }
    }
  }
}
