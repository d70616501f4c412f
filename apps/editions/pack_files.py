"""Read a pack from files and write one back, always in one canonical form.

    pack.yaml                 languages, places, situations, families, points of the article
    topics/<topic>.yaml       a topic with its questions          actions/<group>.yaml   a list of actions
    claims/<group>.yaml       a list of claims                    platforms.yaml  glossary.yaml  personas.yaml
    guides/<guide>.yaml       a guide, its body in guides/<guide>.<language>.md
"""
