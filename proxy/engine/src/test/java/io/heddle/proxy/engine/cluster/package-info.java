/** Tests of clusters from within. */
@NullMarked
package io.heddle.proxy.engine.cluster;

import org.jspecify.annotations.NullMarked;
