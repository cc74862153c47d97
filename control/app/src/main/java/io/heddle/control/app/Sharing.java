package io.heddle.control.app;

import io.heddle.control.core.registry.LeaseRegistry;
import io.heddle.control.core.registry.Membership;
import io.heddle.control.core.registry.ThreadPulse;
import io.heddle.control.core.rollout.Replicas;
import io.heddle.control.core.shared.Lead;
import io.heddle.control.core.shared.Peers;
import io.heddle.control.core.shared.SharedKeys;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a control plane has with those that share its store: that it is there, and questions. */
final class Sharing implements AutoCloseable {
  /** The topic of what {@link Replicas#ask} asks. */
  static final String ROLLOUTS = "rollouts";

  private static final Logger LOG = LoggerFactory.getLogger(Sharing.class);
  private static final String LEAD = "lead";

  private final SharedKeys keys;
  private final String self;
  private final String name;
  private final Membership membership;
  private final Peers peers;
  private final Lead lead;

  private Sharing(SharedKeys keys, String self, String name, Membership membership) {
    this.keys = keys;
    this.self = self;
    this.name = name;
    this.membership = membership;
    this.peers = new Peers(keys, self, membership::others, membership::lease);
    this.lead = new Lead(keys, LEAD, self, membership::lease, System::nanoTime);
  }

  /** Lets the others know of this one. */
  static Sharing join(SharedKeys keys, InetSocketAddress address, ThreadPulse pulse) {
    String self = UUID.randomUUID().toString();
    // A port that the system chooses is not known yet.
    String name =
        address.getHostString()
            + (address.getPort() == 0 ? "/" + self.substring(0, 8) : ":" + address.getPort());
    return new Sharing(
        keys, self, name, Membership.join(keys, self, name, System::nanoTime, pulse));
  }

  SharedKeys keys() {
    return keys;
  }

  /** Tells control planes apart; a restarted one is another. */
  String self() {
    return self;
  }

  Peers peers() {
    return peers;
  }

  /** Who is cut off lets its streams go; who has too many lets some. */
  Balance share(LeaseRegistry registry, OpenCalls calls) {
    membership.onCutOff(cut -> {
      registry.cutOff(cut);
      if (cut) {
        int ended = calls.shed(Integer.MAX_VALUE, "cut off from the shared store: try another");
        LOG.warn("{} streams are sent to other control planes", ended);
      }
    });
    return new Balance(membership, calls);
  }

  /** The others, as rollouts need them. */
  Replicas replicas() {
    return new Replicas() {
      @Override
      public String self() {
        return name;
      }

      @Override
      public boolean leads() {
        return lead.held();
      }

      @Override
      public Duration pace() {
        return Duration.ofSeconds(1);
      }

      @Override
      public Answers ask(String question) {
        Peers.Answers answers = peers.ask(ROLLOUTS, question);
        return new Answers(answers.texts().values(), answers.silent());
      }
    };
  }

  @Override
  public void close() {
    peers.close();
    membership.close();
  }
}
