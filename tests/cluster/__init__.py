"""Several machines behind a balancer, that fail, are upgraded and publish while people use the site."""
