#!/usr/bin/env bash
# Spark on Kubernetes starts its pods with `driver ARGUMENTS` or `executor`, and passes the rest in
# environment variables. PySpark from PyPI has no such entry point. Any other argument is a command to
# run.
set -euo pipefail
role=${1:-}

case $role in
  driver)
    shift
    set -- "$SPARK_HOME/bin/spark-submit" --deploy-mode client \
      --conf "spark.driver.bindAddress=${SPARK_DRIVER_BIND_ADDRESS:?Spark names it to every driver}" "$@"
    ;;
  executor)
    # SPARK_JAVA_OPT_0, _1, ...: one option each, in this order; an option may contain spaces.
    options=()
    while IFS= read -r name; do options+=("${!name}"); done \
      < <(compgen -e SPARK_JAVA_OPT_ | sort -t_ -k4n)
    classes=${SPARK_CONF_DIR:-$SPARK_HOME/conf}:$SPARK_HOME/jars/*
    [ -z "${SPARK_CLASSPATH:-}" ] || classes+=:$SPARK_CLASSPATH
    [ -z "${SPARK_EXTRA_CLASSPATH:-}" ] || classes+=:$SPARK_EXTRA_CLASSPATH
    heap=${SPARK_EXECUTOR_MEMORY:?Spark names it to every executor}
    set -- "$JAVA_HOME/bin/java" "${options[@]}" "-Xms$heap" "-Xmx$heap" -cp "$classes" \
      org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
      --driver-url "$SPARK_DRIVER_URL" \
      --executor-id "$SPARK_EXECUTOR_ID" \
      --cores "$SPARK_EXECUTOR_CORES" \
      --app-id "$SPARK_APPLICATION_ID" \
      --hostname "$SPARK_EXECUTOR_POD_IP" \
      --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
      --podName "$SPARK_EXECUTOR_POD_NAME"
    ;;
  "")
    echo "plait-spark runs 'driver ...', 'executor' (as Spark starts them) or any command, such as 'plait --help'." >&2
    exit 2
    ;;
esac
exec tini -s -- "$@"
