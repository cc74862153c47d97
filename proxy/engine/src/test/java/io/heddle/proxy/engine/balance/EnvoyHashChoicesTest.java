package io.heddle.proxy.engine.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.engine.balance.BalancedHost.Availability;
import io.heddle.xds.model.LbPolicy;
import io.heddle.xds.model.LbPolicy.HashFunction;
import io.heddle.xds.model.LbPolicy.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ring and Maglev choose the host that Envoy 1.40 chose for each of 400 keys, recorded from its
 * access log; {@code tests/interop/test_balancing.py} has the configurations and asks a real one.
 */
class EnvoyHashChoicesTest {

  static List<String> recorded() {
    try (InputStream in =
        EnvoyHashChoicesTest.class.getResourceAsStream("envoy-hash-choices.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void choosesTheHostThatEnvoyChose(String line) {
    String name = line.substring(0, line.indexOf(' '));
    Bench bench = new Bench();
    Balancer balancer = balancer(name, bench);
    StringBuilder chosen = new StringBuilder();
    for (int i = 0; i < 400; i++) {
      bench.context.clear().hash(XxHash64.hash(("user-" + i).getBytes(StandardCharsets.US_ASCII)));
      String address = bench.choose(balancer).address();
      int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
      chosen.append((char) ('a' + port - 2));
    }
    assertThat(name + " " + chosen).isEqualTo(line);
  }

  private static Balancer balancer(String name, Bench bench) {
    List<FakeHost> hosts = Bench.hosts(12);
    List<FakeHost> second = List.of();
    String kind = name.substring(name.indexOf('-') + 1);
    switch (kind) {
      case "weighted", "small", "murmur" -> {
        for (int i = 0; i < 12; i++) {
          hosts.get(i).weight(1 + i % 4);
        }
      }
      case "keyed" -> {
        for (int i = 0; i < 12; i++) {
          hosts.get(i).with("hash_key", "shard-" + i);
        }
      }
      case "named" -> {
        for (int i = 0; i < 12; i++) {
          hosts.get(i).hostname = "host-" + i + ".example";
        }
      }
      case "sick", "legacy" -> {
        for (int i = 0; i < 12; i++) {
          hosts.get(i).health((i + 2) % 3 == 0 ? Availability.UNHEALTHY : Availability.HEALTHY);
        }
      }
      case "panic" -> {
        for (int i = 0; i < 12; i++) {
          hosts.get(i).health(i == 3 ? Availability.HEALTHY : Availability.UNHEALTHY);
        }
      }
      case "zones" -> {
        for (int i = 0; i < 12; i++) {
          hosts.get(i).zone(i < 3 ? "a" : i < 8 ? "b" : "c").weight(i == 4 ? 2 : 1);
        }
        bench.weigh("a", 1).weigh("b", 3).weigh("c", 2);
      }
      case "tiers" -> {
        second = hosts.subList(5, 12);
        hosts = hosts.subList(0, 5);
        for (int i = 2; i < 5; i++) {
          hosts.get(i).health(Availability.UNHEALTHY);
        }
      }
      default -> {}
    }
    boolean weighted = kind.equals("zones");
    LbPolicy policy =
        switch (name) {
          case "ring-weighted" -> ring(500, 8 << 20, HashFunction.XX_HASH, false, false);
          case "ring-small" -> ring(3, 17, HashFunction.XX_HASH, false, false);
          case "ring-murmur" -> ring(1024, 8 << 20, HashFunction.MURMUR_HASH_2, false, false);
          case "ring-named" -> ring(1024, 8 << 20, HashFunction.XX_HASH, true, false);
          case "maglev", "maglev-tiers" -> new LbPolicy.Maglev(65_537, Hashing.DEFAULT, false);
          case "maglev-weighted" -> new LbPolicy.Maglev(5003, Hashing.DEFAULT, false);
          case "maglev-keyed" -> new LbPolicy.Maglev(251, Hashing.DEFAULT, false);
          case "maglev-zones" -> new LbPolicy.Maglev(4099, Hashing.DEFAULT, true);
          case "maglev-legacy" -> new LbPolicy.Maglev(1009, Hashing.DEFAULT, false);
          default -> ring(1024, 8 << 20, HashFunction.XX_HASH, false, weighted);
        };
    return second.isEmpty() ? bench.balancer(policy, hosts) : bench.balancer(policy, hosts, second);
  }

  private static LbPolicy ring(
      long least, long most, HashFunction function, boolean hostname, boolean weighted) {
    return new LbPolicy.RingHash(least, most, function, new Hashing(hostname, 0), weighted);
  }

  @Test
  void xxHashGivesThePublishedValues() {
    assertThat(XxHash64.hash(new byte[0])).isEqualTo(0xef46db3751d8e999L);
    assertThat(XxHash64.hash("a".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0xd24ec4f1a98c6e5bL);
    assertThat(
            XxHash64.hash(
                "Nobody inspects the spammish repetition".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(0xfbcea83c8a378bf1L);
  }

  @Test
  void theTwisterGivesThePublishedSequence() {
    MersenneTwister twister = new MersenneTwister();
    twister.seed(5489);
    int last = 0;
    for (int i = 0; i < 10_000; i++) {
      last = twister.next();
    }
    assertThat(Integer.toUnsignedLong(last)).isEqualTo(4_123_659_995L);
  }
}
