"""Checks what plait needs: machine, project, live state and cluster, with a fix per problem."""
