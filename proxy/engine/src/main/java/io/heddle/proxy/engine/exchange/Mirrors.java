package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.Trailers;
import io.heddle.proxy.engine.cluster.Cluster;
import io.heddle.proxy.engine.route.CompiledMirror;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.xds.model.MirrorPolicy;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** The copies of one request, all of them together. */
final class Mirrors {
  /** No copies, as of most requests. */
  static final Mirror[] NONE = new Mirror[0];

  private Mirrors() {}

  /** Begins the copies that these policies want of a request as it is sent. */
  static Mirror[] begin(Exchange exchange, CompiledRoute route, boolean end, long nanos) {
    CompiledMirror[] policies = route.mirrors();
    if (policies.length == 0) {
      return NONE;
    }
    List<Mirror> begun = new ArrayList<>(policies.length);
    for (CompiledMirror compiled : policies) {
      MirrorPolicy policy = compiled.policy();
      if (!route.mirrors(policy, exchange.random())) {
        continue;
      }
      String name =
          policy.clusterHeader().isEmpty()
              ? policy.cluster()
              : exchange.request.first(HeaderName.of(policy.clusterHeader())).orElse("");
      Cluster cluster = exchange.manager.clusters.get(name);
      if (cluster == null) {
        continue;
      }
      Mirror mirror =
          Mirror.begin(
              exchange,
              cluster,
              compiled,
              end,
              exchange.manager.bufferLimit,
              nanos > 0 ? nanos : exchange.manager.idleNanos);
      if (mirror != null) {
        begun.add(mirror);
      }
    }
    return begun.isEmpty() ? NONE : begun.toArray(NONE);
  }

  /** A piece of the body. Does not take ownership. */
  static void data(Mirror[] mirrors, ByteBuf data, boolean end) {
    for (Mirror mirror : mirrors) {
      mirror.data(data.retainedDuplicate(), end);
    }
  }

  /** The request's trailers. Does not take ownership. */
  static void trailers(Mirror[] mirrors, Trailers trailers) {
    for (Mirror mirror : mirrors) {
      mirror.trailers(trailers);
    }
  }

  static void exchangeOver(Mirror[] mirrors) {
    for (Mirror mirror : mirrors) {
      mirror.exchangeOver();
    }
  }
}
