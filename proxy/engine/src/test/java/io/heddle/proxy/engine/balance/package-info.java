/** Tests of balancers over made-up hosts, with seeded randomness and a clock that stands still. */
@NullMarked
package io.heddle.proxy.engine.balance;

import org.jspecify.annotations.NullMarked;
